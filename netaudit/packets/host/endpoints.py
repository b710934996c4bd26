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
    """Return the address of the container to which docker-proxy connects from a port of a family; "" for none.

    It is the container's address on the network with its default route, which carries its published ports. An internal
    network has no gateway and carries no ports.
    """
    networks, version = {one.id: one for one in inventory.networks}, Version.parse(inventory.version)
    families = (Family.IP,) if family is Family.IP else (Family.IP6, Family.IP)
    able = [(one, [end for end in container.endpoints if end.address_of(one)]) for one in families]
    for one, ends in able:
        if chosen := default_route_endpoint(ends, networks, one, version):
            return chosen.address_of(one).partition("/")[0]
    return next((ends[0].address_of(one).partition("/")[0] for one, ends in able if ends), "")


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
