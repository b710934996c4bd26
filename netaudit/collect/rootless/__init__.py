"""Rootless Docker and Podman: their rules are in network namespaces of their own, which belong to a user.

In: /proc. Out: which engines there are, their network namespaces, and what to do to record them.
Begin with engines.py.
"""
