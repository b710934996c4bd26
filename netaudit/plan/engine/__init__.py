"""The planned engine: requests of the Engine API x an inventory -> the inventory afterwards, as dockerd allocates.

In: facts, and EngineRequests in the order in which they were sent. Out: a PlannedInventory.
Begin with plan.py.
"""
