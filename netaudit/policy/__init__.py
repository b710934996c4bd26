"""Policies: who may reach what, as a person writes it, held against a host.

In: the sentences of a policy file, and a snapshot. Out: a verdict for each, with the cells that prove it.
Begin with hold.py; grammar.py has the sentences, subjects.py what their words stand for.
"""
