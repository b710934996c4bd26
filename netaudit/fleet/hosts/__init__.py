"""Record many hosts over ssh: which, how many at once, and what becomes of those that fail.

In: an inventory. Out: recordings in a folder, and rows of errors.
Begin with recording.py.
"""
