"""`nft list ruleset` text, and files of nft's own language -> the objects that `nft -j` would print.

In: text. Out: objects as libnftables-json(5) has them, with the lines that were not read.
Begin with reader.py.
"""
