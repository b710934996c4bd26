"""The words for what was found: by an audit, and by a policy that was held against a host.

In: an audit, or an assertion. Out: its evidence as pieces of text, and one line that sums it up. Begin with audit.py.
"""
