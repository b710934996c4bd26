"""JSON documents, version 1.

In: attributed values. Out: bytes of a document that a published schema describes.
Begin with rules.py.
"""
