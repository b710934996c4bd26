"""The programs that run containers, Docker and Podman, and the parts of an inventory that are each one's.

In: an inventory of a host. Out: the part of it that is one engine's.
Begin with kinds.py.
"""
