"""The history of a host as values: looks at it, what changed between them, what differs at each.

In: facts, changes with their writers. Out: Look, LoggedChange.
Begin with look.py.
"""
