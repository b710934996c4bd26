"""The results of a fleet -> static pages, CSV and JSON Lines.

In: a results folder. Out: a folder of files.
Begin with site.py.
"""
