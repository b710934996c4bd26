"""The words for plans.

In: a judged plan, its assumptions, pitfalls and symbols. Out: sentences. Begin with words.py.
"""
