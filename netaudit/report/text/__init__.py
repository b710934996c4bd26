"""Words and sentences that all formats share, and the one door for the text of others.

In: values. Out: plain text, safe to show.
Begin with words.py and sanitize.py.
"""
