"""The onward leg of docker-proxy, which is a program of the host: from it to the container.

Docker gives it the container's address of the binding's own family; to a container without IPv6 it goes on by IPv4.
It sends from the address that the routes prefer, and from a port that the kernel picks: where rules ask for that port,
nobody can tell. Source: allocatePortsInternal() in moby's libnetwork/drivers/bridge/port_mapping.go.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from netaudit.model.exposure import BEST_FIRST, Delivery, Destination, DestinationKind, Outcome, ZoneKind
from netaudit.model.netfilter.family import family_of
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, single
from netaudit.model.reason import ReasonKind, kinds_of, make_reason
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import number_of
from netaudit.packets.host.zones import Origin
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule
from netaudit.packets.values.probe import parse_ip

# The ports that the kernel picks from: its default of net.ipv4.ip_local_port_range.
PICKED = ((32768, 60999),)
_ROOT = 0
_NO_ADDRESS = Row((), Outcome.BLOCKED, Delivery.NONE, by_no_rule(ReasonKind.NO_CONTAINER_ADDRESS))
_NO_ROUTES = Row((), Outcome.MAY, Delivery.NONE, by_no_rule(ReasonKind.ROUTES_NOT_RECORDED))
RowsOf = Callable[[Mapping[str, Reachability], CellQuery], Iterator[Row]]


def onward(reaches: Mapping[str, Reachability], to: Destination, rows_of: RowsOf) -> Row:
    """Find what becomes of docker-proxy's own connection to a published port; what was asked once is remembered."""
    assert to.binding  # noqa: S101 (only published ports are proxied)
    place = (to.container_id, to.protocol, to.binding.container_port)
    known = reaches[to.family].from_proxy
    if place not in known:
        address = reaches[to.family].containers.proxied_address(to.container_id)
        known[place] = _at(reaches, to, address, rows_of) if address else _NO_ADDRESS
    return known[place]


def _at(reaches: Mapping[str, Reachability], to: Destination, address: str, rows_of: RowsOf) -> Row:
    reach = reaches.get(family_of(address))
    if reach is None:
        return _NO_ROUTES
    target = _port_of(to, address)
    rows = [
        row
        for origin in reach.origins
        if origin.zone.kind is ZoneKind.HOST
        for row in rows_of(reaches, CellQuery(reach, _as_proxy(reach, origin, address), target, within=_sent(reach)))
    ]
    best = min(rows, key=_rank, default=_NO_ADDRESS)
    reason = best.decision.reason
    if best.outcome is not Outcome.ALLOWED or reason is None or ReasonKind.NOT_FOR_ALL not in kinds_of(reason):
        return best
    picked = Decision(best.decision.rule, make_reason(ReasonKind.PROXY_PORT_PICKED, reason))
    return msgspec.structs.replace(best, outcome=Outcome.MAY, decision=picked)


def _rank(row: Row) -> tuple[int, bool]:
    return BEST_FIRST.index(row.outcome), bool(row.limited_by)


def _port_of(to: Destination, address: str) -> Destination:
    """Return the container's own port behind a published one."""
    assert to.binding  # noqa: S101 (only published ports are proxied)
    port = to.binding.container_port
    return Destination(
        kind=DestinationKind.CONTAINER_PORTS,
        family=family_of(address),
        protocol=to.protocol,
        address=address,
        ports=((port, port),),
        container_id=to.container_id,
    )


def _sent(reach: Reachability) -> PacketSet:
    """Return what docker-proxy may send: it is root's."""
    space = reach.world.space
    packets = space.in_ranges(Field.SPORT, PICKED)
    for field in (Field.SKUID, Field.SKGID):
        packets = packets & space.equal(field, _ROOT) if field in space.widths else packets
    return packets


def proxy_senders(reach: Reachability, address: str) -> Ranges:
    """Return the address that docker-proxy sends from to a container's; where no route tells, all of the host's."""
    target = parse_ip(address)
    source = reach.world.routing.preferred_source(target) if target else None
    return single([number_of(str(source))] if source else sorted(reach.world.ranges.own_addresses))


def _as_proxy(reach: Reachability, origin: Origin, address: str) -> Origin:
    """Let the host send from the address that its routes prefer, where they tell."""
    senders = proxy_senders(reach, address)
    return msgspec.structs.replace(origin, senders=senders) if len(senders) == 1 else origin
