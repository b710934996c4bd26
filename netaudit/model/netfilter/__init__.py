"""The words of Netfilter as values: rulesets, rules, matches, statements, hooks.

In: nothing. Out: frozen values that the parsers make and all others read.
Begin with ruleset.py (rules as they are listed) and program.py (rules as packets meet them).
"""
