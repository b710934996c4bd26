"""What an operator reads at a terminal.

In: attributed values and a Style. Out: text of a given width, coloured or not.
Begin with rules.py.
"""
