"""The map of who can reach what.

In: the exposure table. Out: boxes and arrows with places, as SVG and DOT.
Begin with rows.py.
"""
