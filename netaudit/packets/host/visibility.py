"""What was not recorded of a host, and so makes outcomes doubtful: an unseen rule may stop any packet."""

from collections.abc import Iterable, Iterator
from functools import cache

from netaudit.model.exposure import Delivery, DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.host import Host
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.followed import RULES, Frames, silenced_bridges, unfollowed

_ROUTES = {"ip": Source.IP_ROUTE, "ip6": Source.IP6_ROUTE}
_FORWARDED = frozenset({Delivery.DNAT, Delivery.DIRECT})
_LISTENED = frozenset({Delivery.PROXY, Delivery.ROOTLESS, Delivery.LOCAL})


def why_not_visible(snapshot: Snapshot) -> Reason | None:
    """Return why zones are unknown, None where they are known: interfaces and routes say where packets come from."""
    said = {gap.source: gap.reason for gap in snapshot.gaps}
    if not snapshot.host.interfaces:
        return _gap(Source.IP_ADDR, said.get(Source.IP_ADDR, GapReason.NOT_RECORDED))
    return next((_gap(source, said[source]) for source in _ROUTES.values() if source in said), None)


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
