"""The command that closes a finding, tried on the recording.

In: a finding and its snapshot. Out: the recording as it would be, and what would then be open.
Begin with verify.py.
"""
