"""Sets of packets as binary decision diagrams, and lower and upper bounds of sets that are not wholly known.

In: fields and numbers. Out: sets that can be joined, cut and asked for an example.
Begin with space.py; library.py alone imports oxidd.
"""
