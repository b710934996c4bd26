"""What was not recorded of a host, and so makes outcomes doubtful: an unseen rule may stop any packet."""

from collections.abc import Iterable, Iterator
from functools import cache

from netaudit.model.docker import is_docker_bridge
from netaudit.model.exposure import Delivery, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.host import Host, Interface
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.followed import RULES, Frames, silenced_bridges, unfollowed
from netaudit.packets.host.route_ranges import LOOPBACK

_ROUTES = {"ip": Source.IP_ROUTE, "ip6": Source.IP6_ROUTE}
_FORWARDED = frozenset({Delivery.DNAT, Delivery.DIRECT})
_LISTENED = frozenset({Delivery.PROXY, Delivery.ROOTLESS, Delivery.LOCAL})


def why_not_visible(snapshot: Snapshot, families: Iterable[Family] = IP_FAMILIES) -> Reason | None:
    """Return why zones are unknown, None where they are known: interfaces and routes say where packets come from."""
    said = {gap.source: gap.reason for gap in snapshot.gaps}
    if not snapshot.host.interfaces:
        return _gap(Source.IP_ADDR, said.get(Source.IP_ADDR, GapReason.NOT_RECORDED))
    return next((_gap(source, said[source]) for one in families if (source := _ROUTES[one]) in said), None)


def unplaced(snapshot: Snapshot) -> dict[Family, Reason]:
    """Return the families whose zones are unknown, each with why."""
    why = {family: why_not_visible(snapshot, (family,)) for family in IP_FAMILIES}
    return {family: reason for family, reason in why.items() if reason}


def zones_by_name(snapshot: Snapshot) -> tuple[Zone, ...]:
    """Return the zones of a host where nobody knows by which interfaces and routes packets come.

    Neighbours are on each link that is known by its name; where none is, on some link all the same.
    """
    host, inventory = snapshot.host, snapshot.inventory
    inner = {network.bridge for network in inventory.networks} if inventory else set()
    named = [one.name for one in host.interfaces if one.up and not one.master and _leads(one)]
    if not host.interfaces:
        beyond = (one for one in host.routes if one.kind == "unicast" and not one.network.is_link_local)
        named = [hop.interface for one in beyond for hop in one.hops]
    links = (one for one in named if one not in ("", LOOPBACK) and one not in inner and not is_docker_bridge(one))
    neighbours = [Zone(ZoneKind.LAN, one) for one in dict.fromkeys(links)] or [Zone(ZoneKind.LAN)]
    return Zone(ZoneKind.INTERNET), *neighbours, Zone(ZoneKind.HOST)


def _leads(interface: Interface) -> bool:
    return any(not address.ip.is_link_local for address in interface.addresses)


def why_no_listeners(snapshot: Snapshot) -> Reason | None:
    """Return why nobody knows which programs listen, None where they are known."""
    said = {gap.source: gap.reason for gap in snapshot.gaps}
    return _gap(Source.SOCKETS, said[Source.SOCKETS]) if Source.SOCKETS in said else None


class Visibility:
    """What is doubtful about the packets of one family on a host."""

    def __init__(self, gaps: Iterable[Gap], host: Host, program: Program, family: Family) -> None:
        self._gaps = {gap.source: gap for gap in gaps}
        self._everywhere = tuple(self._about(family, host, program))
        self._family, self._of_frames = family, cache(lambda frames: tuple(silenced_bridges(program, frames)))

    def doubt(self, exposure: Exposure) -> Exposure:
        """Return an outcome that is not blocked as `may` where something that could block it was not seen."""
        if exposure.outcome is Outcome.BLOCKED:
            return exposure
        of_bridges = self._of_frames(self._frames(exposure))
        reasons = [*self._everywhere, *of_bridges, *self._about_way(exposure.way)]
        if not reasons:
            return exposure
        said = exposure.reason if exposure.outcome is Outcome.MAY else None
        return Exposure(
            zone=exposure.zone,
            destination=exposure.destination,
            outcome=Outcome.MAY,
            way=exposure.way,
            rule=exposure.rule,
            reason=make_reason(ReasonKind.SEVERAL, said, reasons[0]) if said else reasons[0],
            witness=exposure.witness,
            limited_by=exposure.limited_by,
        )

    def _frames(self, exposure: Exposure) -> Frames:
        """Tell which frames a row is about: members of one network send between the ports of its bridge."""
        zone, there = exposure.zone, exposure.destination
        direct = there.kind is DestinationKind.CONTAINER_PORTS
        if direct and zone.kind is ZoneKind.CONTAINER:
            return Frames(self._family)
        return Frames(self._family, direct and zone.kind is ZoneKind.NETWORK and zone.name == there.network_name)

    def _about(self, family: Family, host: Host, program: Program) -> Iterator[Reason]:
        yield from self._said(*RULES[family], Source.IP_ADDR, _ROUTES[family])
        if not host.interfaces:
            yield make_reason(ReasonKind.INTERFACES_NOT_RECORDED)
        for table in Routing(host, family).policy_tables:
            yield make_reason(ReasonKind.POLICY_ROUTING_NOT_RECORDED, table=table)
        yield from unfollowed(program, family)

    def _about_way(self, way: Delivery) -> Iterator[Reason]:
        if way in _FORWARDED:
            yield from self._said(Source.SYSCTL)
        if way is Delivery.PROXY and self._family is Family.IP6:  # docker-proxy goes on by the other family, mostly
            yield from self._said(*RULES[Family.IP])
        if way in _LISTENED:
            yield from self._said(Source.SOCKETS)

    def _said(self, *sources: Source) -> Iterator[Reason]:
        for source in sources:
            gap = self._gaps.get(source)
            if gap:
                yield _gap(source, gap.reason)


def _gap(source: str, reason: GapReason) -> Reason:
    return make_reason(ReasonKind.SOURCE_GAP, source=source, gap=reason)
