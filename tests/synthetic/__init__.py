"""Hosts of engines that cannot run here, as their recordings would be.

Written from moby's source (tags v20.10.24 to docker-v29.7.2), chain by chain, and without a look at rules/attribution:
what the catalog says is held against this, so neither may be made from the other.
"""
