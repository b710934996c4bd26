"""One entry against one host -> its verdict.

In: an entry, and the context of a host. Out: what gets through and must not, what does not and must, and words that
name nothing. Begin with judge.py.
"""
