"""What is done for somebody who sits before a terminal: a pager for long reports, and how far long work has come.

In: a report, or work that takes long. Out: what a person sees of it.
Begin with pager.py.
"""
