"""One packet through the hooks of a host, rule by rule, and its answer back.

In: a packet, the rules, the host. Out: a Trace of steps and ends.
Begin with tracer.py; pipeline.py is the order of the hooks. Its twin for sets of packets is netaudit.packets.symbolic.
"""
