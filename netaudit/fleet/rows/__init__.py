"""One audited recording -> its rows of every table.

In: what an audit found. Out: rows, and their columns as bytes.
Begin with audited.py, then every.py.
"""
