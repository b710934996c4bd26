"""What pipelines read: SARIF, JUnit, GitHub annotations.

In: an audit. Out: a document in a format that others define.
Begin with sarif.py.
"""
