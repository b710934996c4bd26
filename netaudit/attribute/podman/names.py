"""The names that netavark makes of a network: of its id, its name and its subnets."""

import hashlib

_HASH, _ID = 13, 8


def network_hash(name: str) -> str:
    """Return the hash in the names of iptables' chains (`NETAVARK-1D8721804F16F`)."""
    return hashlib.sha512(name.encode()).hexdigest()[:_HASH].upper()


def short_id(network_id: str) -> str:
    """Return the part of an id in the names of nftables' chains."""
    return network_id[:_ID]


def subnet_name(subnet: str) -> str:
    """Return a subnet as it stands in the names of nftables' chains (`10_88_0_0_nm16`)."""
    return subnet.replace(".", "_").replace(":", "-").replace("/", "_nm")


def subnet_of_name(name: str) -> str:
    """Return the subnet that a name of `subnet_name` stands for."""
    bare, _, length = name.rpartition("_nm")
    return f"{bare.replace('_', '.').replace('-', ':')}/{length}"
