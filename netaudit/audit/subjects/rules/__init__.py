"""Rules as subjects of checks: each rule of the host, with what it says and what it stands behind.

In: a view of the host. Out: subjects. Begin with rule.py; doubts.py says why what is found of rules may not be certain.
"""
