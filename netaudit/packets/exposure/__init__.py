"""Who can reach what: every zone against every destination, exhaustively over ports.

In: a ruleset, the host, the inventory. Out: the rows of the exposure table.
Begin with table.py; reachability.py computes the sets once, the cells ask them.
"""
