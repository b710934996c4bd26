"""Exposure -> the rows of a map: each destination, and what becomes of packets from each zone."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from netaudit.attribute.attribution import AttributedExposure, Attribution, CauseKind, Confidence, ExposureChange
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.destinations import PROTOCOL_HOLE, describe_any_port, describe_receiver
from netaudit.report.text.reach.rows import describe_own_port
from netaudit.report.text.reasons import describe_reason

_ZONES = (ZoneKind.INTERNET, ZoneKind.LAN, ZoneKind.NETWORK, ZoneKind.CONTAINER, ZoneKind.HOST)
_KINDS = (
    DestinationKind.PUBLISHED_PORT,
    DestinationKind.FORWARDED_PORT,
    DestinationKind.CONTAINER_PORTS,
    DestinationKind.HOST_LISTENER,
)
_WAYS = {
    Delivery.DNAT: "led on to the container",
    Delivery.PROXY: "docker-proxy takes them on the host",
    Delivery.ROOTLESS: "a program of the rootless engine takes them on the host",
    Delivery.DIRECT: "straight to the container",
    Delivery.LOCAL: "a program of the host takes them",
    Delivery.NONE: "nobody takes them",
}
_WORST = (Outcome.ALLOWED, Outcome.MAY, Outcome.BLOCKED)


class MapCell(msgspec.Struct, frozen=True):
    """What becomes of packets from one or more zones to a destination.

    `outcome` is what it is now, None where it is gone; `was` what it was before, None where it is new. In a
    snapshot both are the same. `rule` is the deciding rule, `cause` who owns it, in short.
    """

    zones: tuple[Zone, ...]
    outcome: Outcome | None
    was: Outcome | None
    way: Delivery
    rule: Item | None
    attribution: Attribution
    cause: str
    reason: str
    witness: str = ""
    decided: str = ""  # where the rule stands, or that there is no rule, or one for each of several
    hosts: tuple[str, str] | None = None  # that are compared: `was` is of the first, `outcome` of the second

    @property
    def note(self) -> str:
        """Say who owns the outcome, or what takes the packets where no rule decides; for a doubt, its reason."""
        if self.last is Outcome.MAY and self.reason:
            return self.reason
        return self.cause or self.reason or _WAYS.get(self.way, "")

    @property
    def outside(self) -> bool:
        """Tell whether any of the packets come from beyond the host."""
        return any(zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN) for zone in self.zones)

    @property
    def last(self) -> Outcome:
        """Tell what it is, or was where it is gone."""
        return self.outcome or self.was or Outcome.MAY

    @property
    def words(self) -> str:
        """Say the outcome, and what it was where that differs: `blocked → allowed`."""
        if self.hosts:
            return self._compared(*self.hosts)
        match self.was, self.outcome:
            case None, Outcome() as now:
                return f"new: {_say(now)}"
            case Outcome() as was, None:
                return f"gone, was {_say(was)}"
            case Outcome() as was, Outcome() as now if was is not now:
                return f"{_say(was)} → {_say(now)}"
            case _:
                return _say(self.last)

    def _compared(self, first: str, second: str) -> str:
        match self.was, self.outcome:
            case None, Outcome() as now:
                return f"{_say(now)} on {second} alone"
            case Outcome() as was, None:
                return f"{_say(was)} on {first} alone"
            case Outcome() as was, Outcome() as now:
                return f"{_say(was)} on {first}, {_say(now)} on {second}"
            case _:
                return _say(self.last)


class MapRow(msgspec.Struct, frozen=True):
    """A destination, or several with the same outcomes: `members` names each of them."""

    kind: DestinationKind
    where: str
    protocol: str
    network: str
    container: str
    cells: tuple[MapCell, ...]
    members: tuple[str, ...] = ()
    container_id: str = ""
    own: str = ""  # the port as its container knows it
    service: str = ""
    project: str = ""

    @property
    def port(self) -> str:
        """Name where packets are sent: `0.0.0.0:8080/tcp`, `172.17.0.2 every tcp and udp port`."""
        return self.where.replace(PROTOCOL_HOLE, self.protocol) if self.protocol else self.where

    @property
    def own_port(self) -> str:
        """Name the port as its container knows it: `80/tcp`, `every tcp and udp port`."""
        return self.own.replace(PROTOCOL_HOLE, self.protocol)

    @property
    def address(self) -> str:
        """Name where packets are sent without the protocol, where a port stands: `0.0.0.0:8080`, `172.17.0.2`."""
        return self.where.removesuffix(f"/{PROTOCOL_HOLE}").partition(" ")[0]

    @property
    def worst(self) -> Outcome:
        """Tell the most open outcome of all cells."""
        return min((cell.last for cell in self.cells), key=_WORST.index)


def _say(outcome: Outcome) -> str:
    return "may be open" if outcome is Outcome.MAY else str(outcome)


def rows_of_snapshot(exposures: Iterable[AttributedExposure]) -> tuple[MapRow, ...]:
    """Lay out what is exposed."""
    return _rows((one, one, "") for one in exposures)


def rows_of_diff(changes: Iterable[ExposureChange], hosts: tuple[str, str] | None = None) -> tuple[MapRow, ...]:
    """Lay out what changed of the exposure, or how two hosts differ."""
    rows = _rows((one.before, one.after, one.because) for one in changes)
    if hosts is None:
        return rows
    return tuple(_of_hosts(row, hosts) for row in rows)


def _of_hosts(row: MapRow, hosts: tuple[str, str]) -> MapRow:
    cells = tuple(msgspec.structs.replace(one, hosts=hosts) for one in row.cells)
    return msgspec.structs.replace(row, cells=cells)


_Pair = tuple[AttributedExposure | None, AttributedExposure | None, str]


def _rows(pairs: Iterable[_Pair]) -> tuple[MapRow, ...]:
    gathered: dict[tuple[Destination, str, str], list[MapCell]] = {}
    for before, after, because in pairs:
        one = after or before
        if one:
            key = one.exposure.destination, one.service, one.project
            gathered.setdefault(key, []).append(_cell(one, before, after, because))
    rows = (_row(*key, cells) for key, cells in gathered.items())
    return tuple(sorted(_whatever_protocol(rows), key=_order))


def _whatever_protocol(rows: Iterable[MapRow]) -> Iterator[MapRow]:
    """Join rows with the same outcomes over several protocols, whichever packet is the example."""
    gathered: dict[MapRow, list[str]] = {}
    for row in rows:
        cells = tuple(msgspec.structs.replace(cell, witness="") for cell in row.cells)
        gathered.setdefault(msgspec.structs.replace(row, cells=cells, protocol=""), []).append(row.protocol)
    for row, protocols in gathered.items():
        yield msgspec.structs.replace(row, protocol=" and ".join(dict.fromkeys(protocols)))


def _cell(
    one: AttributedExposure, before: AttributedExposure | None, after: AttributedExposure | None, because: str
) -> MapCell:
    exposure = one.exposure
    return MapCell(
        zones=(exposure.zone,),
        outcome=after.exposure.outcome if after else None,
        was=before.exposure.outcome if before else None,
        way=exposure.way,
        rule=exposure.rule,
        attribution=one.attribution,
        cause=_describe_owner(one),
        reason=because or describe_reason(exposure.reason),
        witness=exposure.witness,
        decided=exposure.rule.where if exposure.rule else "no rule",
    )


def _row(destination: Destination, service: str, project: str, cells: Sequence[MapCell]) -> MapRow:
    return MapRow(
        kind=destination.kind,
        where=describe_any_port(destination),
        protocol=destination.protocol,
        network=destination.network_name,
        container=describe_receiver(destination),
        cells=tuple(_merged(cells)),
        container_id=destination.container_id,
        own=describe_own_port(msgspec.structs.replace(destination, protocol=PROTOCOL_HOLE)),
        service=service,
        project=project,
    )


def _describe_owner(one: AttributedExposure) -> str:
    """Name the owner of the deciding rule, short enough for an arrow."""
    attribution = one.attribution
    if one.exposure.rule is None:
        return ""
    if attribution.confidence is Confidence.UNATTRIBUTED:
        return "nobody known"
    own = one.exposure.destination.binding
    if any(cause.kind is CauseKind.PORT_BINDING and cause.binding == own for cause in attribution.causes):
        return f"{attribution.maker}, for this port"
    causes = describe_causes(attribution.causes)
    return f"{attribution.maker}: {causes}" if causes and causes != attribution.maker else attribution.maker


def _merged(cells: Sequence[MapCell]) -> Iterator[MapCell]:
    """Join zones that have the same outcome."""
    gathered: dict[MapCell, list[Zone]] = {}
    for cell in cells:
        gathered.setdefault(msgspec.structs.replace(cell, zones=(), witness=""), []).extend(cell.zones)
    merged = [msgspec.structs.replace(key, zones=tuple(sorted(z, key=zone_order))) for key, z in gathered.items()]
    yield from sorted(merged, key=lambda cell: [zone_order(zone) for zone in cell.zones])


def zone_order(zone: Zone) -> tuple[int, str]:
    """Order zones from the outside inwards."""
    return (_ZONES.index(zone.kind), zone.name)


def _order(row: MapRow) -> tuple[object, ...]:
    return (not row.network, row.network, row.container, _KINDS.index(row.kind), row.port)
