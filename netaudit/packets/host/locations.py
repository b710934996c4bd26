"""Where a packet comes from, as an operator types it -> addresses, interfaces and containers.

internet   lan   lan:eth1   host   network:backend   container:web   192.0.2.7
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network

import msgspec

from netaudit.errors import SubjectError, UsageError, suggest
from netaudit.model.default_route import gateway_order
from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.exposure import ZoneKind
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import Family, family_of_version
from netaudit.model.ranges import contains, free_numbers
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.visibility import why_not_visible
from netaudit.packets.host.zones import Origin, ZoneChoice, origins
from netaudit.packets.values.probe import parse_ip

# Documentation addresses, which readers recognise as examples; else the first address of the zone is taken.
_EXAMPLES = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "2001:db8:ffff::7")


class Attached(msgspec.Struct, frozen=True):
    """A container's attachment to a network, with the address of the family that is meant."""

    container: Container
    network: Network
    endpoint: Endpoint
    address: Ip


DOCKER_UNSEEN = "Docker's inventory was not seen, or not all of it: name an address"


class Source(msgspec.Struct, frozen=True):
    """Where a packet comes from: in by an interface, "" for the host itself. `attached` is a container's network."""

    address: Ip
    interface: str
    label: str
    attached: Attached | None = None


def find_container(snapshot: Snapshot, name: str) -> Container:
    """Return the container of a name, or of the beginning of an id. Raises SubjectError."""
    known = snapshot.inventory.containers if snapshot.inventory else ()
    for one in known:
        if one.name == name or (len(name) >= 4 and one.id.startswith(name)):
            return one
    raise no_container(name, [one.name for one in known], all_listed=all_listed([snapshot]))


def all_listed(snapshots: Iterable[Snapshot]) -> bool:
    """Tell whether every container and network of the snapshots is known."""
    return all(one.inventory is not None and not one.inventory.partial for one in snapshots)


def no_container(name: str, known: Sequence[str], *, all_listed: bool) -> SubjectError:
    """Return the refusal of a container that is not among those that are known."""
    if not all_listed:
        return SubjectError(f"whether there is a container {name} is not known", hint=DOCKER_UNSEEN)
    hint = suggest(name, known, "`netaudit show --by container` lists them")
    return SubjectError(f"there is no container {name} here", hint=hint)


def attachments(snapshot: Snapshot, container: Container, family: Family) -> list[Attached]:
    """Return a container's networks where it has an address of a family, in the engine's order of default routes."""
    inventory = snapshot.inventory or Inventory()
    networks = {one.id: one for one in inventory.networks}
    order = gateway_order(networks, Version.parse(inventory.version))
    found = []
    for one in container.endpoints:
        address = parse_ip(one.address_of(family).partition("/")[0])
        if address is not None and one.network_id in networks:
            found.append(Attached(container, networks[one.network_id], one, address))
    return sorted(found, key=lambda one: (not one.endpoint.gateway_of(family), order(one.endpoint)))


def read_source(text: str, interface: str, target: Ip, snapshot: Snapshot, receivers: Collection[str] = ()) -> Source:
    """Read a zone or an address, for a packet to a target. Raises UsageError or SubjectError.

    `receivers` are the containers that the packet is for: another member of their network sends it.
    """
    kind, _, name = text.partition(":")
    family = family_of_version(target.version)
    _refuse_unknown(interface, snapshot)
    if kind in ZONES and parse_ip(text) is None:
        others = (receivers,) if kind == ZoneKind.NETWORK else ()
        found = ZONES[kind](snapshot, name, target, family, *others)
        return msgspec.structs.replace(found, interface=interface) if interface else found
    address = parse_ip(text)
    if address is None:
        names = [one.name for one in snapshot.inventory.containers] if snapshot.inventory else []
        known = [*ZONES, *(f"{ZoneKind.CONTAINER}:{one}" for one in names), *names]
        hint = suggest(text, known, f"one of {', '.join(ZONES)}, or 192.0.2.7")
        raise UsageError(f"{text} is neither a zone nor an address", hint=hint)
    if address.version != target.version:
        raise UsageError(f"{text} and {target} are not of one family", hint="give two addresses of the same one")
    return _from_address(snapshot, address, interface, family)


def _refuse_unknown(interface: str, snapshot: Snapshot) -> None:
    """Raise UsageError for an interface that the host does not have; where none are recorded, it may have any."""
    known = [one.name for one in snapshot.host.interfaces]
    if interface and known and interface not in known:
        raise UsageError(f"this host has no interface {interface}", hint="`ip link` lists them")


def _from_address(snapshot: Snapshot, address: Ip, interface: str, family: Family) -> Source:
    attached = attached_at(snapshot, address)
    if attached is not None and interface in ("", attached.network.bridge):
        return _from_container(attached)
    routing = Routing(snapshot.host, family)
    route = routing.route(address)
    if interface:
        return Source(address, interface, f"{address} by {interface}")
    if route is not None and route.kind == "local":
        return Source(address, "", f"this host as {address}")
    if route is None or not route.hops:
        said = "it is not known" if why_not_visible(snapshot, (family,)) else "no route says"
        raise UsageError(f"{said} by which interface {address} comes", hint="name it with --in")
    name = route.hops[0].interface
    return Source(address, name, f"{address} by {name}")


def _all_attached(snapshot: Snapshot, family: Family) -> Iterator[Attached]:
    for container in snapshot.inventory.containers if snapshot.inventory else ():
        if container.running:
            yield from attachments(snapshot, container, family)


def attached_at(snapshot: Snapshot, address: Ip) -> Attached | None:
    """Return the container that has an address."""
    family = family_of_version(address.version)
    for container in snapshot.inventory.containers if snapshot.inventory else ():
        if container.running and any(_may_be(end.address_of(family), address) for end in container.endpoints):
            found = (one for one in attachments(snapshot, container, family) if one.address == address)
            if attached := next(found, None):
                return attached
    return None


def _may_be(text: str, address: Ip) -> bool:
    """Tell whether a text may be an address: IPv4 has one spelling, by which most are told without reading them."""
    return text.partition("/")[0] == str(address) if address.version == 4 else text != ""


def _from_container(attached: Attached) -> Source:
    label = f"container {attached.container.name} on network {attached.network.name}"
    return Source(attached.address, attached.network.bridge, label, attached)


def _host(snapshot: Snapshot, _name: str, target: Ip, family: Family) -> Source:
    address = Routing(snapshot.host, family).preferred_source(target)
    if address is None:
        said = "it is not known" if why_not_visible(snapshot, (family,)) else "no route says"
        raise UsageError(f"{said} as whom this host sends to {target}", hint="give one of its addresses")
    return Source(address, "", f"this host as {address}")


def _container(snapshot: Snapshot, name: str, target: Ip, family: Family) -> Source:
    container = find_container(snapshot, name)
    if container.network_mode == "host":
        return _host(snapshot, "", target, family)
    own = attachments(snapshot, owner(snapshot, container), family)
    if not own:
        raise UsageError(f"container {name} has no address of this family", hint="choose another destination")
    near = [one for one in own if in_network(one.network, target)]
    return _from_container((near or own)[0])


def _network(snapshot: Snapshot, name: str, target: Ip, family: Family, receivers: Collection[str] = ()) -> Source:
    """Return a member of a network that is not whom the packet is for; where there is no other, a new member."""
    members = [one for one in _all_attached(snapshot, family) if name in ("", one.network.name)]
    others = [one for one in members if one.address != target and one.container.id not in receivers]
    if others:
        return _from_container(others[0])
    origin = _fitting(snapshot, ZoneKind.NETWORK, name, family)
    free = next(free_numbers(origin.senders, {int(one.address) for one in members}), origin.senders[0][0])
    return _sender(origin, type(target)(free))


def owner(snapshot: Snapshot, container: Container) -> Container:
    """Return the container whose network namespace a container shares (`--network container:NAME`), or itself."""
    return find_container(snapshot, container.base) if container.base else container


def in_network(network: Network, address: Ip) -> bool:
    """Tell whether an address is in a network's subnet, so that its members send straight to it."""
    subnet = network.subnet_of(family_of_version(address.version))
    return bool(subnet) and address in ip_network(subnet)


def _zone(kind: ZoneKind) -> Callable[[Snapshot, str, Ip, Family], Source]:
    def find(snapshot: Snapshot, name: str, _target: Ip, family: Family) -> Source:
        origin = _fitting(snapshot, kind, name, family)
        return _sender(origin, _example(origin, family))

    return find


def _fitting(snapshot: Snapshot, kind: ZoneKind, name: str, family: Family) -> Origin:
    """Return the first zone of a kind and name. Raises SubjectError."""
    known = origins(snapshot.host, snapshot.inventory, family, ZoneChoice())
    fitting = [one for one in known if one.zone.kind is kind and name in ("", one.zone.name)]
    if not fitting:
        _require_zones(snapshot, kind, family)
        hint = suggest(f"{kind}:{name}", [str(one.zone) for one in known], "name an address")
        raise SubjectError(f"this host has no zone {kind}{f' {name}' if name else ''}", hint=hint)
    return fitting[0]


def _sender(origin: Origin, address: Ip) -> Source:
    return Source(address, origin.interface, f"{origin.zone} ({address} by {origin.interface})")


def _require_zones(snapshot: Snapshot, kind: ZoneKind, family: Family) -> None:
    """Refuse where nobody knows the host's links: then it is not known which zones it has."""
    if unseen := why_not_visible(snapshot, (family,)):
        source = dict(unseen.args)["source"]
        raise SubjectError(f"which zones this host has is not known: {source} was not seen", hint="name an address")
    if kind is ZoneKind.NETWORK and not all_listed([snapshot]):
        raise SubjectError("which networks this host has is not known", hint=DOCKER_UNSEEN)


def _example(origin: Origin, family: Family) -> Ip:
    """Return a sender that is a good example."""
    examples = [one for one in map(ip_address, _EXAMPLES) if (one.version == 4) == (family == "ip")]
    fitting = [one for one in examples if contains(origin.senders, int(one))]
    first = origin.senders[0][0]
    return fitting[0] if fitting else ip_address(first.to_bytes(4 if family == "ip" else 16, "big"))


ZONES: dict[str, Callable[..., Source]] = {
    "internet": _zone(ZoneKind.INTERNET),
    "lan": _zone(ZoneKind.LAN),
    "host": _host,
    "network": _network,
    "container": _container,
}
