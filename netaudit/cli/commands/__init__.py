"""One file for each command: load, call one library function, print, exit with its code.

In: options. Out: an exit code.
Begin with diff.py.
"""
