"""Rules of iptables-nft that `nft list ruleset` prints in nft's words -> the text that iptables-save would print.

In: nft's objects. Out: tables of iptables-nft; what nft does not say is a match of the module `listing`.
Begin with tables.py.
"""
