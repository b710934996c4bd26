"""How a source is asked: where, for how long, and what an answer is.

In: a program or a file of the host. Out: an Answer: what was said, not in use, or a gap.
Begin with answer.py and subprocesses.py.
"""
