"""Interfaces, routes, sockets and sysctls -> the host around the rules.

In: what ip, ss and sysctl print. Out: a Host.
Begin with host.py.
"""
