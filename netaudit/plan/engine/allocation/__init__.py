"""What engines allocate: subnets of networks, addresses of containers, ports of the host.

In: the state of the planned engine. Out: the values that dockerd would choose; symbols where nobody can know.
Begin with addresses.py.
"""
