"""What is open to whom, in the order in which a reader wants to know it.

In: the exposure table. Out: rows, IPv4 and IPv6 of one port together. Begin with rows.py.
"""
