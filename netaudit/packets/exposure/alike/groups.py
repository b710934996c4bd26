"""Which containers of a host are alike: exchange their addresses and host ports, and the host is the same.

Alike are containers on the same networks that publish the same ports, whose own rules are the same but for what is
their own, at the same places between everybody's rules, and whose addresses and ports nothing else tells apart. What
is asked of one of them has then the answer of the other, with its own address and ports in it.

    c1  172.17.0.3, -p 8081:80     alike
    c2  172.17.0.4, -p 8082:80     alike
    c3  172.17.0.5, -p 443:80      not, where a rule of the operator's asks for port 443
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.docker import Container, Inventory
from netaudit.model.host import Host, Listener
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.program import Program
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.own_words import Own, OwnWords
from netaudit.packets.exposure.alike.rules import Place, RulesOfAll, sort_rules
from netaudit.packets.exposure.alike.surroundings import add_surroundings
from netaudit.packets.host.destinations import HOLDERS, number_of

STANDING = 3  # containers of a group that are asked about: one for all, and two to hold it against
_FEWEST, _FEWEST_OF_ONE = 8, 4  # of a host, and of a group: fewer are asked about one by one
_NAMED = 2  # the first members of a network send the examples of the others


class Member(msgspec.Struct, frozen=True):
    """A container of a group, with what is its own."""

    id: str
    own: Own
    rules: Sequence[Place]


def groups(snapshot: Snapshot, program: Program, inventory: Inventory) -> list[list[Member]]:
    """Return the groups of containers that are alike, each in the order of the inventory; none of small ones."""
    able = [one for one in inventory.containers if _is_plain(one)]
    if len(able) < _FEWEST:
        return []
    words = OwnWords(able)
    sorted_rules = sort_rules(program, words)
    if sorted_rules.distinctions.by_machine:
        return []
    add_surroundings(sorted_rules.distinctions, snapshot.host, inventory)
    likeness = _Likeness(sorted_rules, snapshot, inventory)
    found: dict[tuple[object, ...], list[Member]] = {}
    for container in able:
        own = words.own.get(container.id)
        key = likeness.key(container, own) if own else None
        if own and key:
            found.setdefault(key, []).append(Member(container.id, own, sorted_rules.own[container.id]))
    return [members for members in found.values() if len(members) >= _FEWEST_OF_ONE]


def _is_plain(container: Container) -> bool:
    """Tell whether a container runs in a namespace of its own, with an address."""
    kind = container.network_mode.partition(":")[0]
    return container.running and kind not in ("host", "none", "container") and bool(container.endpoints)


class _Likeness:
    """Says what two containers have in common that are alike."""

    def __init__(self, rules: RulesOfAll, snapshot: Snapshot, inventory: Inventory) -> None:
        self._rules, self._known = rules, rules.distinctions
        self._networks = {one.id: one for one in inventory.networks}
        self._listeners = _by_port(snapshot.host)
        self._alone = {*rules.single, *_first_members(inventory), *(one.container for one in snapshot.inside)}
        self._alone |= {one.network_mode.partition(":")[2] for one in inventory.containers if ":" in one.network_mode}

    def key(self, container: Container, own: Own) -> tuple[object, ...] | None:
        """Return what is the same of all that are alike; None for a container that is like no other."""
        if container.id in self._alone or not self._have_subnets(container):
            return None
        addresses = [self._known.addresses.place(number_of(one)) for one in own.addresses]
        ports = [self._known.ports.place(one) for one in own.ports]
        listeners = [self._held(port) for port in own.ports]
        if None in (*addresses, *ports, *listeners):
            return None
        rules = tuple((one.chain, one.before, one.shape) for one in self._rules.own[container.id])
        return (_shape(container, own), rules, tuple(addresses), tuple(ports), tuple(listeners))

    def _have_subnets(self, container: Container) -> bool:
        known = [(self._networks.get(end.network_id), end) for end in container.endpoints]
        return all(
            network is not None and (network.subnet_of(family) or not end.address_of(family))
            for network, end in known
            for family in IP_FAMILIES
        )

    def _held(self, port: int) -> tuple[object, ...] | None:
        """Return how docker-proxy holds a port; None where another program does, which is a destination of its own."""
        there = self._listeners.get(port, [])
        if any(HOLDERS.isdisjoint(one.programs) for one in there):
            return None
        return tuple((one.protocol, one.address, one.programs, one.interface) for one in there)


def _shape(container: Container, own: Own) -> tuple[object, ...]:
    """Return a container without what is its own."""
    ends = tuple(
        (one.network_id, one.network_name, one.gateway, one.gateway6, one.priority, bool(one.ipv4), bool(one.ipv6))
        for one in container.endpoints
    )
    marks: Mapping[int, str] = {port: f"P{at}" for at, port in enumerate(own.ports)}
    bindings = tuple(
        (one.protocol, one.host_ip, marks.get(one.host_port), marks.get(one.container_port, one.container_port))
        for one in container.bindings
    )
    return container.network_mode, ends, bindings


def _by_port(host: Host) -> Mapping[int, list[Listener]]:
    found: dict[int, list[Listener]] = {}
    for one in host.listeners:
        found.setdefault(one.port, []).append(one)
    return found


def _first_members(inventory: Inventory) -> Iterator[str]:
    """Name the first members of each network: they are whom examples come from."""
    members: dict[str, list[str]] = {}
    for container in inventory.containers:
        for end in container.endpoints if container.running else ():
            members.setdefault(end.network_id, []).append(container.id)
    for found in members.values():
        yield from found[:_NAMED]
