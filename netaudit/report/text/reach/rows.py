"""The exposure table -> what is open: one row for a port, over IPv4 and IPv6, with the zones that get there."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.address_text import bracketed
from netaudit.model.exposure import Destination, DestinationKind, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_NAMES, Family
from netaudit.report.text.destinations import OTHER_PORTS, describe_forward, describe_receiver, has_unknown_programs
from netaudit.report.text.reasons import describe_reason

_DIGITS = re.compile(r"([0-9]+)")
_KINDS = tuple(ZoneKind)


class OpenRow(msgspec.Struct, frozen=True):
    """A port, or ports, of one container or program, and who gets there.

    `sure` is False where that could not be decided: `doubts` say why.
    """

    receiver: str
    port: str
    service: str
    addresses: tuple[str, ...]
    zones: tuple[Zone, ...]
    sure: bool
    doubts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is open, in short: `shop-db 5432/tcp (PostgreSQL)`."""
        return f"{self.receiver} {self.port}".rstrip() + (f" ({self.service})" if self.service else "")

    @property
    def families(self) -> str:
        """Over what: `IPv4`, `IPv6`, `IPv4+IPv6`."""
        found = {Family.IP6 if one.count(":") > 1 else Family.IP for one in self.addresses}
        return "+".join(words for family, words in IP_NAMES.items() if family in found)


def open_rows(cells: Iterable[AttributedExposure]) -> tuple[OpenRow, ...]:
    """List what is open to the zones of some cells, or may be: what the Internet reaches first, then by name.

    Addresses of one port are one row where the same zones get there, whatever their family. Who may get there stands
    in another row than who surely does.
    """
    ways: dict[tuple[_Target, Zone], list[AttributedExposure]] = {}
    for one in cells:
        there = one.exposure.destination
        if one.exposure.outcome is not Outcome.BLOCKED:
            target = *_named(there), _address(there)
            ways.setdefault((target, one.exposure.zone), []).append(one)
    targets: dict[tuple[_Target, bool], list[AttributedExposure]] = {}
    for (target, _), members in ways.items():
        targets.setdefault((target, _is_sure(members)), []).extend(members)
    alike: dict[tuple[object, ...], list[AttributedExposure]] = {}
    for ((name, port, _), sure), members in targets.items():
        alike.setdefault((name, port, _zones(members), sure), []).extend(members)
    return tuple(sorted((_row(members) for members in alike.values()), key=_order))


_Target = tuple[str, str, str]


def _named(to: Destination) -> tuple[str, str]:
    """Name what is open: who takes the packets, and the port; of what nobody knows, all in one."""
    whole = OTHER_PORTS if has_unknown_programs(to) else describe_forward(to)
    return (whole, "") if whole else (describe_receiver(to), describe_own_port(to))


def describe_own_port(to: Destination) -> str:
    """Name a port as its container knows it: `5432/tcp`, `every tcp port`."""
    if to.binding:
        return f"{to.binding.container_port}/{to.protocol}"
    if to.has_every_port:
        return f"every {to.protocol} port"
    spans = [str(low) if low == high else f"{low}-{high}" for low, high in to.ports]
    return f"{', '.join(spans[:3])}{', …' if len(spans) > 3 else ''}/{to.protocol}"


def _row(members: Sequence[AttributedExposure]) -> OpenRow:
    cells = [one.exposure for one in members]
    receiver, port = _named(cells[0].destination)
    doubtful = (one.reason for one in cells if one.outcome is Outcome.MAY and one.reason)
    return OpenRow(
        receiver=receiver,
        port=port,
        service=next((one.service for one in members if one.service), ""),
        addresses=tuple(dict.fromkeys(_address(one.destination) for one in cells)),
        zones=_zones(members),
        sure=_is_sure(members),
        doubts=tuple(dict.fromkeys(map(describe_reason, doubtful))),
        rules=tuple(dict.fromkeys(one.rule.where for one in cells if one.rule)),
    )


def _zones(members: Iterable[AttributedExposure]) -> tuple[Zone, ...]:
    return tuple(sorted({one.exposure.zone for one in members}, key=zone_order))


def _is_sure(members: Iterable[AttributedExposure]) -> bool:
    return any(one.exposure.outcome is Outcome.ALLOWED for one in members)


def _address(to: Destination) -> str:
    """Name where packets are sent: `0.0.0.0:8080`, `172.17.0.2`."""
    address = to.binding.host_ip if to.binding else to.address
    if to.binding:
        return f"{bracketed(address)}:{to.binding.host_port}"
    if to.kind is DestinationKind.HOST_LISTENER and to.port is not None:
        return f"{bracketed(address)}:{to.port}"
    return address


def _order(row: OpenRow) -> tuple[object, ...]:
    """Sort by the farthest zone, what is sure first, sensitive services first, then by name."""
    zone, unknown = zone_order(row.zones[0])[0], row.receiver == OTHER_PORTS
    return zone, not row.sure, unknown, not row.service, as_counted(row.receiver), _number(row.port), row.port


def as_counted(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts names as people count: c2 before c10."""
    return tuple((int(part[-18:]) if part.isascii() and part.isdecimal() else -1, part) for part in _DIGITS.split(name))


def _number(port: str) -> int:
    number = port.partition("/")[0]
    return int(number) if number.isdecimal() else 1 << 16


def zone_order(zone: Zone) -> tuple[int, str]:
    """Sort zones by how far away they are: the Internet first."""
    return _KINDS.index(zone.kind), str(zone)
