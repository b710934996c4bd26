"""The words for what changed over time.

In: lines of a log. Out: sentences.
Begin with log.py.
"""
