"""What is done with one recording, in whatever process: it is audited, and its rows are made.

In: orders, then jobs. Out: columns as bytes.
Begin with auditing.py.
"""
