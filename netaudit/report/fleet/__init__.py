"""What a fleet answers, for people and programs: tables, CSV, JSON Lines, and pages.

In: columns and rows. Out: text.
Begin with answer.py.
"""
