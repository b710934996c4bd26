"""JSON documents, version 1: each is described by a type, from which its published schema is made.

In: attributed values. Out: bytes. A Python program decodes them again with the same types:
`msgspec.json.decode(data, type=DiffDocument)`.
Begin with diff.py: its types, then how they are filled. The order of the fields of a type is the order in print.
"""
