"""The same inventory under another engine, backend or daemon options: what a restart of the daemon would change.

In: a snapshot with its facts, and what is to be different. Out: a PlannedHost.
Begin with rehearsal.py.
"""
