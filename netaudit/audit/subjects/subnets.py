"""The subnets of a network: whether they are private, and whose addresses and routes they take."""

import ipaddress
from collections.abc import Iterator
from typing import Any

from netaudit.audit.subjects.listed.private import is_private
from netaudit.audit.view.routes import hidden_routes
from netaudit.audit.view.view import HostView
from netaudit.model.docker import Network
from netaudit.model.facts import Source


def addresses(view: HostView, network: Network) -> dict[str, Any]:
    """Return whose addresses its own are: not known where its bridge is a guess, and no such interface is there."""
    host = view.snapshot.host
    unsaid = any(gap.source == Source.DOCKER_NETWORKS for gap in view.snapshot.gaps)
    if unsaid and network.bridge not in {one.name for one in host.interfaces}:
        return dict.fromkeys(("global_subnets", "overlaps", "hides"))
    return {
        "global_subnets": tuple(subnet for subnet in _subnets(network) if not is_private(subnet)),
        "overlaps": tuple(_overlaps(view, network)),
        "hides": tuple(hidden_routes(host, network)) if host.routes else None,
    }


def _subnets(network: Network) -> Iterator[str]:
    for subnet in (network.subnet, network.subnet6):
        try:
            ipaddress.ip_network(subnet)
        except ValueError:
            continue
        yield subnet


def _overlaps(view: HostView, network: Network) -> Iterator[str]:
    if not network.bridge:
        return
    subnets = [ipaddress.ip_network(subnet) for subnet in _subnets(network)]
    for interface in view.snapshot.host.interfaces:
        for address in interface.addresses if interface.name != network.bridge else ():
            if any(address.ip.version == subnet.version and address.ip in subnet for subnet in subnets):
                yield f"{address} on {interface.name}"
