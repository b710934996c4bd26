"""The tables of a fleet's results: what a row of each holds. docs/fleet.md is made from them.

In: nothing. Out: types, and the schema that is read off them.
Begin with schema.py.
"""
