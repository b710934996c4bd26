"""Sets of packets through the hooks of a host: what netaudit.packets.trace.tracer does to one packet, file for file.

In: sets, the rules, the host. Out: which packets arrive where, decided by which rules, surely or possibly.
Begin with pipeline.py.
"""
