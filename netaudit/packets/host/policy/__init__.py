"""Which routing table decides about a packet: policy rules (ip-rule(8)), forwards and for the way back.

In: the host's policy rules and routes. Out: the rules in order, with the routes that each leads to.
Begin with rules.py.
"""
