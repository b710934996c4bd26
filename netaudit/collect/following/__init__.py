"""Follow a host for as long as it runs: what wakes a watcher, and what it has heard between two looks.

In: the kernel's messages, the engine's events. Out: observations.
Begin with follower.py.
"""
