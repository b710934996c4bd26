"""One host as an audit looks at it: indexed once, asked often.

In: an attributed snapshot. Out: answers to the questions of netaudit.audit.subjects.
Begin with view.py.
"""
