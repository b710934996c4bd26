"""What a shell offers where its user presses TAB: containers, zones, checks, rules, recordings.

In: the words of an unfinished command line. Out: the words that may follow; none where nothing is known.
Begin with offers.py.
"""
