"""Podman: its own API answered, its inventory afterwards, and what netavark writes for that.

In: requests of libpod's API and a recorded host. Out: the host afterwards.
Begin with netavark.py.
"""
