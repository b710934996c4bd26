"""Podman, asked about itself: by its own API, or by its program.

In: a socket, or a program of the host. Out: answers, in the shapes that podman prints.
Begin with objects.py.
"""
