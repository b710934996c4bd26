"""The page of a history, for people: changes as lanes over time, what was open when, and each change in words.

In: a story. Out: HTML.
Begin with page.py.
"""
