"""What engines write for an inventory -> the ruleset afterwards: which rules appear, go and move, and where.

In: a snapshot, and the inventory afterwards with what happens on the way there. Out: a PlannedHost.
Begin with planned.py.
"""
