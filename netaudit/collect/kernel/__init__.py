"""Read rules, and the interfaces, routes and switches around them, from the kernel.

In: the host. Out: what each program printed, or a gap.
Begin with iptables.py.
"""
