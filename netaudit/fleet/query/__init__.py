"""SQL over the results of a fleet: anybody's, and questions that have names.

In: a results folder and SQL. Out: columns and rows.
Begin with database.py.
"""
