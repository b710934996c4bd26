"""What the remediation of a finding would lead to, computed on the recording.

In: a finding and its host's facts. Out: the facts as they would be, and the audit of these.
Begin with verify.py.
"""
