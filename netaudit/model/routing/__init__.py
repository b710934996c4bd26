"""How a host chooses routes, beside the routes themselves: policy rules.

In: nothing. Out: frozen values that the parsers make and netaudit.packets asks.
Begin with policy.py.
"""
