"""One zone against one destination: the packets that are asked about, how they arrive, and the rows of the table.

In: the sets of all that went through a host. Out: rows, each with ports, an outcome and what decides it.
Begin with everywhere.py, then cell.py.
"""
