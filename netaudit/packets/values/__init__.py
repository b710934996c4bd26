"""The values of packets: one packet, the question about it, the steps of a trace.

In: nothing but netaudit.model. Out: frozen values.
Begin with packet.py.
"""
