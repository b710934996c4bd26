"""`iptables -L` text -> tables.

In: a listing with or without -v, -n and --line-numbers. Out: rules as iptables-save would print them.
Begin with reader.py.
"""
