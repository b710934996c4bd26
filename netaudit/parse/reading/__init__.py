"""What all parsers share: JSON with one error, what was read and lost, names and numbers of Netfilter.

In: bytes and words. Out: values, or a ParseError.
Begin with result.py.
"""
