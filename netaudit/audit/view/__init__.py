"""One host as an audit looks at it, indexed once.

In: an attributed snapshot. Out: look-ups for netaudit.audit.subjects.
Begin with view.py.
"""
