"""Attributed snapshots -> findings: what is bad on this host, with proof.

A check is data (rules/checks/): a subject kind, a condition over its facts, and words. `run` puts each check to each
of its subjects; what a condition needs and nobody could see makes the answer undecided, never clean. docs/conditions.md
says how the expression library was chosen.
"""
