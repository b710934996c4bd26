"""Rules that decide nothing, because earlier ones take their packets or their own matches contradict.

In: a table of rules. Out: a Shadow for each such rule, with proof.
Begin with analysis.py.
"""
