"""Attributed snapshots -> findings: what is bad on this host, with proof.

In: an attributed snapshot and the checks of rules/checks/. Out: an Audit: findings, and what is undecided.
Begin with run.py: it evaluates each check for each of its subjects. A fact that is not known makes the answer
undecided, never clean. docs/conditions.md says how the expression library was chosen.
"""
