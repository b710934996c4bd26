"""The places where alerts go.

In: an alert. Out: a message to the journal, a program, a web server.
Begin with journal.py.
"""
