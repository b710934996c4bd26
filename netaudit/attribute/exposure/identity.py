"""Which rows of two exposure tables are about the same thing.

Where Docker's inventory is known on both sides, a container is the same under a new id, a new address and a new name,
and a published port is the same on whichever of its container's networks it ends:

    -p 8080:80 of web         zone, family, protocol, web, binding
    web's own ports           zone, family, protocol, web, network
    a listener of the host    zone, family, protocol, address, interface

Where it is not known on a side, that side shows the same port as led on by a rule to some machine, or as held by
docker-proxy. Then rows are the same that are sent to the same address, and of several the best one counts.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import pairwise

import msgspec

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.docker import Inventory
from netaudit.model.exposure import BEST_FIRST, Destination, DestinationKind
from netaudit.model.ranges import Ranges, without

Key = tuple[Hashable, ...]
Identify = Callable[[AttributedExposure], Key]
Cells = dict[Key, list[AttributedExposure]]


def by_container(before: Inventory | None, after: Inventory | None) -> Identify:
    """Return what names a row by its container; one that was renamed has its first name."""
    names = {one.id: one.name for inventory in (after, before) if inventory for one in inventory.containers}

    def identify(one: AttributedExposure) -> Key:
        to = one.exposure.destination
        whose = names.get(to.container_id, to.container_name)
        return (one.exposure.zone, to.kind, to.family, to.protocol, *_place(to, whose))

    return identify


def by_address(one: AttributedExposure) -> Key:
    """Name a row by where packets are sent: who takes them does not matter."""
    to = one.exposure.destination
    of_container = to.kind is DestinationKind.CONTAINER_PORTS
    anybody = to.programs is None
    return (one.exposure.zone, of_container, anybody, to.family, to.protocol, to.address, to.interface)


def gather(table: Iterable[AttributedExposure], identify: Identify) -> Cells:
    """Gather the rows of a table that are about the same, each port once, by its best row."""
    gathered: Cells = {}
    for one in table:
        gathered.setdefault(identify(one), []).append(one)
    return {key: list(_best(rows)) if _overlap(rows) else rows for key, rows in gathered.items()}


def with_ports(one: AttributedExposure, ports: Ranges) -> AttributedExposure:
    """Return the part of a row that is about some of its ports."""
    destination = msgspec.structs.replace(one.exposure.destination, ports=ports)
    return msgspec.structs.replace(one, exposure=msgspec.structs.replace(one.exposure, destination=destination))


def _place(to: Destination, whose: str) -> Key:
    match to.kind:
        case DestinationKind.PUBLISHED_PORT:
            return (whose, to.binding)
        case DestinationKind.CONTAINER_PORTS:
            return (whose, to.network_name)
        case DestinationKind.HOST_LISTENER:
            return (to.address, to.interface, to.programs is None and (whose or "anybody"))
        case DestinationKind.FORWARDED_PORT:
            led = to.led
            return (whose, led and led.ports, None if whose else led)


def _overlap(rows: Iterable[AttributedExposure]) -> bool:
    ranges = sorted(one for row in rows for one in row.exposure.destination.ports)
    return any(first[1] >= second[0] for first, second in pairwise(ranges))


def _best(rows: Iterable[AttributedExposure]) -> Iterator[AttributedExposure]:
    taken: Ranges = ()
    for row in sorted(rows, key=lambda one: BEST_FIRST.index(one.exposure.outcome)):
        left = without(row.exposure.destination.ports, taken)
        if left:
            yield row if left == row.exposure.destination.ports else with_ports(row, left)
            taken = tuple(sorted((*taken, *left)))
