"""The results of a fleet audit on disk: a spool while it runs, Parquet when it is done.

In: columns of each recording. Out: files that are there whole or not at all.
Begin with results.py.
"""
