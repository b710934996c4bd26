"""What pages, mails, terminals, comparisons, scripts and other programs did to the lines of a text is undone.

In: the lines of a text. Out: as many lines, as the programs printed them that are read. Begin with clean.py.
"""
