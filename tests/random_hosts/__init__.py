"""Random hosts: a daemon, networks, containers and an operator's firewall by a seed, held against real packets."""
