"""What Podman's own API says -> the inventory: its networks, its containers, netavark's version.

In: JSON of `podman info`, `network inspect`, `inspect` and `ps`. Out: an Inventory.
Begin with inventory.py.
"""
