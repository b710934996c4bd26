"""What runs in the namespaces of a replica, in a process of its own.

In: an Order. Out: an Answered: the replica before the command and after it. Begin with serve.py.
"""
