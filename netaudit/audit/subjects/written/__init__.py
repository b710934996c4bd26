"""What the operator wrote down, as subjects: waivers, and entries of a policy.

In: waivers as run.py has them, and the policy that a HostView was held against. Out: their facts.
Begin with entry.py.
"""
