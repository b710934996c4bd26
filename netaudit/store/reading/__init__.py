"""Read a recording, or what other programs printed: a folder, a tar, a file, a pipe.

In: a path. Out: the files there, within one budget of bytes.
Begin with files.py.
"""
