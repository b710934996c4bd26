"""What makers write: signatures, and rules with holes.

In: the catalog. Out: a rule's text filled with values, or the values that a rule's text holds.
Begin with signature.py.
"""
