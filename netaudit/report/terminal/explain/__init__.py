"""Explanations for a terminal: of a rule or container, of a check, of a word of a report.

In: what was looked up, as values. Out: lines. Begin with explanation.py.
"""
