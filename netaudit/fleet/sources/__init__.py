"""Where recordings of a fleet lie: folders, patterns of names, object stores.

In: what a person named. Out: entries, and the facts of each.
Begin with source.py.
"""
