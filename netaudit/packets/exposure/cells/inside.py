"""Rows of what comes to a container, cut by the rules in its own namespace, where those were recorded."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.exposure import Delivery, Destination, Outcome
from netaudit.model.netfilter.family import family_of
from netaudit.model.ranges import Ranges, without
from netaudit.packets.exposure.cells.proxy import proxy_senders
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.exposure.inside import InsideSets
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.zones import Origin

_OPEN = (Outcome.ALLOWED, Outcome.MAY)


def through_container(
    rows: Sequence[Row], reaches: Mapping[str, Reachability], origin: Origin, to: Destination
) -> Sequence[Row]:
    """Cut rows by what the container itself lets in."""
    reach = reaches[to.family]
    if to.container_id not in reach.inside or to.programs:
        return rows
    address = reach.containers.proxied_address(to.container_id)
    behind = reaches.get(family_of(address)) if address else reach
    if behind is None:  # nobody knows how docker-proxy goes on there
        return rows
    by_proxy = proxy_senders(behind, address)  # the container sees the host
    return [
        cut
        for row in rows
        for cut in (
            _cut(row, behind.inside[to.container_id], by_proxy, to)
            if row.way is Delivery.PROXY
            else _cut(row, reach.inside[to.container_id], origin.senders, to)
        )
    ]


def _cut(row: Row, walls: InsideSets, senders: Ranges, to: Destination) -> Iterator[Row]:
    if row.outcome not in _OPEN:
        yield row
        return
    port = _port_inside(to)
    for ports, outcome in _parts(row, walls, senders, (to.protocol, port)):
        if not ports:
            continue
        if outcome is row.outcome:
            yield msgspec.structs.replace(row, ports=ports)
        else:
            decision = walls.deciding(to.protocol, port or ports[0][0])
            yield Row(ports, outcome, row.way, decision, row.witness)


def _parts(
    row: Row, walls: InsideSets, senders: Ranges, asked: tuple[str, int | None]
) -> Iterator[tuple[Ranges, Outcome]]:
    """Yield the ports of a row that stay what they are, that may be stopped, and that are stopped."""
    protocol, port = asked
    inside = ((port, port),) if port is not None else row.ports
    may_arrive, surely = walls.not_closed(protocol, senders), walls.open(protocol, senders)
    stopped = without(inside, may_arrive)
    doubtful = without(without(inside, stopped), surely)
    rest = without(without(inside, stopped), doubtful)
    for ports, outcome in ((rest, row.outcome), (doubtful, Outcome.MAY), (stopped, Outcome.BLOCKED)):
        yield (row.ports if port is not None and ports else ports), outcome


def _port_inside(to: Destination) -> int | None:
    """Return the container's port that a destination leads to; None where each port is led to the same."""
    if to.binding is not None:
        return to.binding.container_port
    return to.led.ports[0] if to.led is not None and to.led.ports else None
