"""Sets of packets as binary decision diagrams, and what is known of a set from below and from above.

In: fields and numbers. Out: sets that can be joined, cut and asked for an example.
Begin with space.py; bdd.py alone imports oxidd.
"""
