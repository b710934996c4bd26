"""Inventory x signatures -> the rules that ought to be there.

In: Docker's inventory, the daemon's options, the signatures. Out: expected rules with their causes and places.
Begin with expect.py.
"""
