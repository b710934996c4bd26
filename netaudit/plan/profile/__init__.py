"""A host without any Docker host: a small file says what decides over rules, and a daemon starts on paper.

In: a HostProfile, and the rules of the host's own firewall. Out: the facts of such a host.
Begin with facts.py.
"""
