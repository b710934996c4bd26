"""The endpoints that only the inspection of a network shows, and the one that docker-proxy goes on to."""

import msgspec

from netaudit.model.default_route import default_route_endpoint
from netaudit.model.docker import Container, Endpoint, Inventory, Network, NetworkMember
from netaudit.model.host import Host
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version


def with_every_endpoint(inventory: Inventory | None, host: Host) -> Inventory:
    """Return the inventory in which running containers have the endpoints that their own inspection does not list."""
    known = inventory or Inventory()
    more: dict[str, list[Endpoint]] = {}
    for network in known.networks:
        for member in network.members:
            more.setdefault(member.container_id, []).append(_endpoint(network, member, host))
    return msgspec.structs.replace(known, containers=tuple(_completed(one, more) for one in known.containers))


def proxied_address(inventory: Inventory, container: Container, family: Family) -> str:
    """Return the address that docker-proxy goes on to from a port of a family; "" where there is none."""
    networks, version = {one.id: one for one in inventory.networks}, Version.parse(inventory.version)
    for one in (Family.IP,) if family is Family.IP else (Family.IP6, Family.IP):
        able = [end for end in container.endpoints if end.address_of(one)]
        chosen = default_route_endpoint(able, networks, one, version) or next(iter(able), None)
        if chosen is not None:
            return chosen.address_of(one).partition("/")[0]
    return ""


def _completed(container: Container, more: dict[str, list[Endpoint]]) -> Container:
    there = {end.network_id for end in container.endpoints}
    added = [end for end in more.get(container.id, ()) if end.network_id not in there]
    if not added or not container.running:
        return container
    return msgspec.structs.replace(container, endpoints=(*container.endpoints, *added))


def _endpoint(network: Network, member: NetworkMember, host: Host) -> Endpoint:
    """Return a member as an endpoint; its gateways are the bridge's own addresses, unless the network is internal."""
    own = [] if network.internal else [one for one in host.interfaces if one.name == network.bridge]
    addresses = [address.local for one in own for address in one.addresses if address.scope == "global"]
    return Endpoint(
        network_id=network.id,
        network_name=network.name,
        ipv4=member.ipv4.partition("/")[0],
        ipv6=member.ipv6.partition("/")[0],
        gateway=next((one for one in addresses if ":" not in one), ""),
        gateway6=next((one for one in addresses if ":" in one), ""),
    )
