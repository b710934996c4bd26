"""Redact rules: iptables-save text and nft's JSON.

In: rules as a program printed them, and a Redactor. Out: the same rules with addresses and names replaced.
Begin with iptables.py; nft.py does the same for native tables.
"""
