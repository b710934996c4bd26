"""Write files and folders whole or not at all, where nobody can plant a link in between.

In: a place and bytes. Out: the file under its name, or nothing.
Begin with write.py.
"""
