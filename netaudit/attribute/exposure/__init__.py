"""The exposure table joined with causes: of one host, and what of it changed.

In: snapshots with their attributions. Out: attributed rows and changes, each with its reason.
Begin with compute.py.
"""
