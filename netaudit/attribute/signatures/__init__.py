"""Signatures: the rules that makers write, with holes in them.

In: the catalog. Out: a rule's text filled with values, or the values that a rule's text holds.
Begin with signature.py.
"""
