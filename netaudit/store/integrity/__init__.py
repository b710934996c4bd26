"""Is a recording what was recorded: a manifest of all that it says, its digest, its signature.

In: the files of a recording. Out: a Manifest, and what differs.
Begin with manifest.py.
"""
