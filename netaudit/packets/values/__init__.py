"""What is computed with: one packet, the question about it, ranges of numbers, the steps of a trace.

In: nothing but netaudit.model. Out: frozen values.
Begin with packet.py.
"""
