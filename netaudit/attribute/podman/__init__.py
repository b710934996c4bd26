"""Podman: what netavark writes for its networks and published ports, and what it left behind.

In: Podman's part of an inventory, the catalog and the rules. Out: expected rules, and the attribution of others.
Begin with expect.py.
"""
