"""Why a rule, or no rule, exists.

In: a snapshot and the name of a rule, container, network or signature. Out: explanations as values, worded in report.
Begin with explanation.py.
"""
