"""Docker's JSON and its daemon's options -> the inventory.

In: JSON of `docker inspect` and the daemon's arguments. Out: an Inventory.
Begin with inventory.py.
"""
