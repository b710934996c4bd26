"""Why something is there, or is not.

In: an attributed snapshot and what somebody asked for. Out: an explanation as a value; words are chosen in report.
Begin with explanation.py.
"""
