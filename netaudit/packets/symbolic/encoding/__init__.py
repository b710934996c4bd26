"""What rules say, as sets of packets: matches, statements and decisions of one rule.

In: a rule's meaning and the host. Out: sets, from below and from above.
Begin with matches.py; host_sets.py is the host as sets.
"""
