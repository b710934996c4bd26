"""A question about one packet, as people type it, and the places that the packet passes.

In: a TraceQuery and a snapshot. Out: a TraceAnswer.
Begin with query.py.
"""
