"""Containers that are alike: of a thousand that differ in nothing but address and host port, some stand for all.

In: a snapshot and its program. Out: groups of such containers, a host without most of them, and the rows of each that
was left out, made of the rows of another. Begin with groups.py, which says when two containers are alike.
"""
