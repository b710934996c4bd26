"""The commands about a history: what changed on a host, when, by whom, because of what.

In: a history. Out: lines of its log, answers from it.
Begin with log.py.
"""
