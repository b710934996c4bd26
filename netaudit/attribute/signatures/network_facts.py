"""What a network decides about the rules that are written for it, in the words of a signature's conditions."""

from collections.abc import Mapping

from netaudit.attribute.signatures.signature import Value
from netaudit.model.docker import Network


def network_facts(network: Network, family: str) -> Mapping[str, Value]:
    """Return what a network decides in one address family; it decides all of it when it is made."""
    return {
        "enabled": bool(network.subnet_of(family)),
        "internal": network.internal,
        "icc": network.icc,
        "masquerade": network.masquerade,
        "snat": bool(network.host_ipv4 if family == "ip" else network.host_ipv6),
        "gateway-mode": str(network.mode4 if family == "ip" else network.mode6),
        "has-trusted": bool(network.trusted_interfaces),
        "default-bridge": network.default,
    }
