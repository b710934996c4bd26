"""iptables-save text and `iptables -S` -> tables, and the meaning of a rule.

In: text. Out: tables without loss; matches, statements and verdicts on demand.
Begin with save.py.
"""
