"""What `netaudit explain` was asked: a word, or something of a host.

In: a subject, and facts where a host is needed. Out: text. Begin with words.py and on_host.py.
"""
