"""The host around its rules: routes, interfaces, sockets, container endpoints, zones and destinations.

In: the host and the inventory of a snapshot. Out: answers to single questions, such as where a packet is routed.
Begin with fib.py (routes) and zones.py (where packets come from).
"""
