"""Containers as hosts of their own: the rules in their network namespaces, with the interfaces and routes around them.

In: a snapshot with rules inside containers (`record --inside`). Out: a program and a host for each such namespace.
Begin with namespaces.py; datagrams.py is about how docker-proxy answers for containers, owners.py about containers that
have no namespace of their own.
"""
