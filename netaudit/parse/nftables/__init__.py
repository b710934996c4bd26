"""`nft -j list ruleset` -> tables, their text, and the meaning of a rule.

In: JSON. Out: the native tables.
Begin with ruleset.py.
"""
