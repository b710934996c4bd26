"""What is looked for: checks with their conditions, waivers, and the words of a finding.

In: rules/checks. Out: conditions that can be put to facts.
Begin with check.py.
"""
