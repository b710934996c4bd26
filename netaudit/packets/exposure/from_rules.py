"""Rows from rules alone, where nobody knows by which interfaces and routes packets come: all that DNAT rules lead on.

Rules tell where packets are led, and which ports a hook surely lets nothing through for: a base chain whose policy is
drop, and no rule of which accepts. All else may be reached.

    -A DOCKER ! -i docker0 -p tcp --dport 8080 -j DNAT --to 172.17.0.2:80      may: 0.0.0.0:8080, led to 172.17.0.2:80
    :INPUT DROP  -A INPUT -i lo -j ACCEPT  -A INPUT -p tcp --dport 22 -j ACCEPT   may: port 22; blocked: all others
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, NatTarget, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, Field
from netaudit.model.netfilter.program import Hook, Program, ReadChain
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import Nat, NatKind
from netaudit.model.ranges import Ranges, inside, without
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.exposure.openings import Leaf, Openings, leaves
from netaudit.packets.host.destinations import EVERY_PORT, LOOPBACKS, PORT_PROTOCOLS, WILDCARDS, number_of
from netaudit.packets.host.route_ranges import LOOPBACK_NET

# What meets packets of a zone that are led on, or taken by a program.
_NFPROTO: dict[str, int] = {"ip": NFPROTO_IPV4, "ip6": NFPROTO_IPV6}
_IN = (Hook.FORWARD, Hook.INPUT)
_HOOKS = {ZoneKind.INTERNET: _IN, ZoneKind.LAN: _IN, ZoneKind.HOST: (Hook.OUTPUT,)}
_LEADING = frozenset({NatKind.DNAT, NatKind.REDIRECT})


class _Forward(msgspec.Struct, frozen=True):
    """What a rule leads on, and the zones whose packets meet it."""

    destination: Destination
    rule: Item
    zones: tuple[Zone, ...]


class Unplaced(msgspec.Struct, frozen=True):
    """The families of which no more is known than rules, each with why, and the zones of the host.

    `sockets` is why nobody knows which programs listen.
    """

    families: Mapping[Family, Reason]
    zones: tuple[Zone, ...]
    sockets: Reason | None


def rows_from_rules(program: Program, published: Iterable[Destination], unplaced: Unplaced) -> Iterator[Exposure]:
    """Return what rules alone say about who can reach what.

    What leads to a published port is in the table already: of such a port is told here that it surely is closed.
    """
    known = tuple(one for one in published if one.binding)
    zones, sockets = unplaced.zones, unplaced.sockets
    for family, reason in unplaced.families.items():
        openings = Openings(program, family)
        for to in known:
            yield from _of_published(to, openings, zones) if to.family == family else ()
        for led in _all_forwards(program, family, zones):
            if not any(_leads_to(led.destination, one) for one in known):
                yield from _of_forward(led, openings, reason)
        for to in _programs(family) if sockets else ():
            yield from (row for zone in zones for row in _of_programs(zone, to, openings, sockets or reason))


def unknown_programs(families: Iterable[Family]) -> tuple[Destination, ...]:
    """Return what stands for all programs of the host, where nobody knows which of them listen."""
    return tuple(one for family in families for one in _programs(family))


def _programs(family: Family) -> Iterator[Destination]:
    for protocol in ("tcp", "udp"):
        yield Destination(DestinationKind.HOST_LISTENER, family, protocol, WILDCARDS[family], EVERY_PORT, programs=None)


def _of_programs(zone: Zone, to: Destination, openings: Openings, reason: Reason) -> Iterator[Exposure]:
    """Return the rows of whatever listens: of ports that nothing opens, and of the others."""
    closed: Ranges = ()
    for opened, policy in openings.at(Hook.INPUT, to.protocol, zone):
        ports = without(without(to.ports, opened), closed)
        if ports:
            yield _row(zone, msgspec.structs.replace(to, ports=ports), Outcome.BLOCKED, policy)
            closed = tuple(sorted((*closed, *ports)))
    left = without(to.ports, closed)
    if left:
        yield _row(zone, msgspec.structs.replace(to, ports=left), Outcome.MAY, None, reason)


def _of_forward(led: _Forward, openings: Openings, reason: Reason) -> Iterator[Exposure]:
    """Return the rows of a port that a rule leads on: to another machine, or to this host itself."""
    to = led.destination
    own = (LOOPBACK_NET[to.family],)
    for zone in led.zones:
        if zone.kind is ZoneKind.INTERNET and inside(((number_of(to.address),) * 2,), own):
            yield _row(zone, to, Outcome.BLOCKED, None, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
            continue
        ports = (to.led.ports,) if to.led and to.led.ports else to.ports
        if policy := openings.closing(_HOOKS[zone.kind], to.protocol, ports, zone):
            yield _row(zone, to, Outcome.BLOCKED, policy)
        else:
            yield _row(zone, to, Outcome.MAY, led.rule, reason)


def _of_published(to: Destination, openings: Openings, zones: tuple[Zone, ...]) -> Iterator[Exposure]:
    """Return the rows of a published port that surely is closed, whether DNAT leads there or a proxy takes it."""
    binding = to.binding
    ports = (*to.ports, *([(binding.container_port,) * 2] if binding else []))
    for zone in zones:
        if policy := openings.closing(_HOOKS[zone.kind], to.protocol, ports, zone):
            yield _row(zone, to, Outcome.BLOCKED, policy)


def _row(zone: Zone, to: Destination, outcome: Outcome, rule: Item | None, reason: Reason | None = None) -> Exposure:
    there = Delivery.LOCAL if to.kind is DestinationKind.HOST_LISTENER else Delivery.DNAT
    return Exposure(zone, to, outcome, Delivery.NONE if outcome is Outcome.BLOCKED else there, rule, reason)


def _all_forwards(program: Program, family: Family, zones: tuple[Zone, ...]) -> Iterator[_Forward]:
    """Find each place where a rule leads packets of a family, once."""
    found: dict[tuple[Destination, tuple[Zone, ...]], _Forward] = {}
    for table in program.tables:
        if table.family not in (family, "inet"):
            continue
        for chain in table.chains.values():
            for rule in chain.rules:
                for leaf in leaves(rule.meaning):
                    for to in _forwards_of(leaf, family):
                        forward = _Forward(to, rule.item, _zones_of(chain, zones))
                        found.setdefault((to, forward.zones), forward)
    yield from found.values()


def _zones_of(chain: ReadChain, zones: tuple[Zone, ...]) -> tuple[Zone, ...]:
    """Return whose packets meet a chain of NAT: what comes in, what the host sends, or nobody knows which."""
    hook = chain.base.hook if chain.base else None
    if hook not in (Hook.PREROUTING, Hook.OUTPUT):
        return zones
    return tuple(one for one in zones if (one.kind is ZoneKind.HOST) is (hook is Hook.OUTPUT))


def _forwards_of(leaf: Leaf, family: Family) -> Iterator[Destination]:
    of_families = leaf.ranges(Field.NFPROTO)
    if of_families is not None and not inside(((_NFPROTO[family],) * 2,), of_families):
        return
    for nat in leaf.statements:
        if not isinstance(nat, Nat) or nat.kind not in _LEADING:
            continue
        target = _target(nat, family)
        if target is None:
            continue
        ports = leaf.ranges(Field.DPORT) or EVERY_PORT
        for protocol in _protocols(leaf):
            address = _address(leaf.ranges(Field.DADDR), family)
            yield Destination(DestinationKind.FORWARDED_PORT, family, protocol, address, ports, led=target)


def _target(nat: Nat, family: Family) -> NatTarget | None:
    """Say where a statement leads; None for one of the other family."""
    if nat.addresses is None:
        return NatTarget((LOOPBACKS[family],) * 2, nat.ports)
    if family == "ip" and nat.addresses[1] >= 1 << 32:
        return None
    first, last = (_written(number, family) for number in nat.addresses)
    return NatTarget((first, last), nat.ports)


def _protocols(leaf: Leaf) -> Collection[str]:
    asked = leaf.ranges(Field.PROTOCOL)
    named = [name for name, number in PORT_PROTOCOLS.items() if asked and inside(((number, number),), asked)]
    return named if asked else ("tcp", "udp")


def _address(ranges: Ranges | None, family: Family) -> str:
    """Name the address that packets are sent to; the wildcard where it is not one alone."""
    alone = ranges and len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    return _written(ranges[0][0], family) if ranges and alone else WILDCARDS[family]


def _written(number: int, family: Family) -> str:
    return str(IPv4Address(number) if family == "ip" else IPv6Address(number))


def _leads_to(led: Destination, published: Destination) -> bool:
    """Tell whether a rule is the one that leads to a published port: by its protocol, its port and its address."""
    binding, target = published.binding, led.led
    if binding is None or target is None or (led.family, led.protocol) != (published.family, published.protocol):
        return False
    anywhere = {WILDCARDS[led.family], str(ip_address(published.address))}
    port = target.ports or published.ports[0]
    return led.address in anywhere and led.ports == published.ports and port == (binding.container_port,) * 2
