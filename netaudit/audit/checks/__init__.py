"""What is looked for: checks with their conditions, waivers, and the words of a finding.

In: rules/checks. Out: checks with compiled conditions.
Begin with check.py.
"""
