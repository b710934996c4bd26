"""The words for who can reach what, and for what of it changed; lines that differ in zone or family alone are one."""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from netaudit.attribute.attribution import (
    AttributedExposure,
    AttributedSnapshot,
    ExposureChange,
)
from netaudit.model.address_text import bracketed
from netaudit.model.exposure import OUTSIDE, Delivery, Destination, DestinationKind, Outcome, ZoneKind
from netaudit.model.netfilter.family import IP_NAMES
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.destinations import describe_receiver
from netaudit.report.text.reasons import describe_reason

_SHOWN = 6  # ranges of ports
_EVERY_PORT = re.compile(r"(.*\bevery )(\w+) port", re.DOTALL)
_ORDER = {kind: place for place, kind in enumerate(ZoneKind)}
_HOW = {
    Delivery.DNAT: "by a NAT rule",
    Delivery.PROXY: "by docker-proxy",
    Delivery.ROOTLESS: "through the rootless engine",
    Delivery.DIRECT: "directly",
    Delivery.LOCAL: "on the host",
    Delivery.NONE: "",
}


def mark_of(before: str, after: str) -> str:
    """Return `!` for what opened, `?` for what cannot be decided, `-` for what closed, also in part."""
    if after == "ALLOWED":
        return "!"
    closed = after == "blocked" or before == "ALLOWED"
    return "?" if after == "MAY" else "-" if closed else "!"


class ChangeLine(msgspec.Struct, frozen=True):
    """Changes that read as one: zones, what they reach, and the outcomes before and after."""

    zones: tuple[str, ...]
    targets: tuple[str, ...]
    before: str
    after: str
    because: str
    outside: bool

    @property
    def mark(self) -> str:
        """Return the mark of what became of it."""
        return mark_of(self.before, self.after)

    def __str__(self) -> str:
        return self._as_words(self.after)

    def as_planned(self) -> str:
        """Write a change that has not come yet: `blocked → would be ALLOWED`."""
        return self._as_words(f"would be {self.after}")

    def _as_words(self, after: str) -> str:
        because = f", because {self.because}" if self.because else ""
        return f"{', '.join(self.zones)} → {' and '.join(_by_name(self.targets))}: {self.before} → {after}{because}"


class TableLine(msgspec.Struct, frozen=True):
    """Cells of one destination that read as one."""

    outcome: str
    zones: tuple[str, ...]
    ports: tuple[str, ...]  # none where the destination is one port
    how: str
    where: str
    why: str


def _by_name(targets: Iterable[str]) -> Iterator[str]:
    """Say once what is published at several addresses: `web:80/tcp by 0.0.0.0:8080 and [::]:8080`."""
    addresses: dict[str, list[str]] = {}
    for target in targets:
        name, _, address = target.partition(" by ")
        addresses.setdefault(name, []).extend([address] if address else [])
    yield from (f"{name} by {' and '.join(found)}" if found else name for name, found in addresses.items())


def is_outside(one: ExposureChange) -> bool:
    """Tell whether a change is about packets from beyond the host."""
    return _shown(one).exposure.zone.kind in OUTSIDE


def outside_first(changes: Sequence[ExposureChange]) -> tuple[Sequence[ExposureChange], Sequence[ExposureChange]]:
    """Return what is shown at once, and what can be folded: the inside of the host, where the outside changes too."""
    outside = [one for one in changes if is_outside(one)]
    return (outside, [one for one in changes if not is_outside(one)]) if outside else (changes, ())


def change_lines(changes: Iterable[ExposureChange]) -> tuple[ChangeLine, ...]:
    """Gather changes: the outside first, then by what they reach."""
    by_target: dict[tuple[str, ...], list[ExposureChange]] = {}
    for one in changes:
        by_target.setdefault((_target(one), *_turn(one), one.because), []).append(one)
    by_rest: dict[tuple[object, ...], list[str]] = {}
    for (target, before, after, because), members in by_target.items():
        zones = tuple(dict.fromkeys(str(_shown(one).exposure.zone) for one in _sorted(members)))
        outside = any(map(is_outside, members))
        by_rest.setdefault((zones, before, after, because, outside), []).append(target)
    lines = [
        ChangeLine(zones, _joined(targets), before, after, because, outside)  # type: ignore[arg-type]
        for (zones, before, after, because, outside), targets in by_rest.items()
    ]
    return tuple(sorted(lines, key=lambda line: not line.outside))


def _joined(texts: Iterable[str]) -> tuple[str, ...]:
    """Join what is true of every port of several protocols: `every tcp and udp port`."""
    protocols: dict[str, list[str]] = {}  # by the text before them; none for other texts
    for text in texts:
        found = _EVERY_PORT.fullmatch(text)
        protocols.setdefault(found[1] if found else text, []).extend([found[2]] if found else [])
    return tuple(f"{before}{' and '.join(names)} port" if names else before for before, names in protocols.items())


def table_lines(cells: Sequence[AttributedExposure]) -> tuple[TableLine, ...]:
    """Gather the cells of one destination that differ in zone or ports alone."""
    by_reading: dict[tuple[str, ...], list[AttributedExposure]] = {}
    for one in cells:
        by_reading.setdefault((*_reading(one), _ports(one.exposure.destination)), []).append(one)
    ports_of: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for reading, members in by_reading.items():
        ports_of.setdefault((reading[:-1], _zones(members)), []).append(reading[-1])
    return tuple(
        TableLine(reading[0], zones, _joined(one for one in ports if one), *reading[1:])
        for (reading, zones), ports in ports_of.items()
    )


def exposure_tables(shown: AttributedSnapshot) -> dict[str, tuple[TableLine, ...]]:
    """Gather the lines of a host's table by destination, each in words."""
    found: dict[str, list[AttributedExposure]] = {}
    for one in shown.exposure or ():
        found.setdefault(_heading(one.exposure.destination), []).append(one)
    return {target: table_lines(cells) for target, cells in found.items()}


def describe_outcome(outcome: Outcome) -> str:
    """Write an outcome so that the open ones stand out."""
    return outcome if outcome is Outcome.BLOCKED else outcome.upper()


def describe_target(to: Destination) -> str:
    """Name a destination: `web:80/tcp by 0.0.0.0:8080`, `web 172.17.0.2, every tcp port`, `sshd 0.0.0.0:22/tcp`."""
    match to.kind:
        case DestinationKind.PUBLISHED_PORT if to.binding:
            binding = to.binding
            host = bracketed(binding.host_ip)
            return f"{to.container_name}:{binding.container_port}/{to.protocol} by {host}:{binding.host_port}"
        case DestinationKind.CONTAINER_PORTS:
            return f"{to.container_name} {to.address}, {describe_ports(to)}"
        case DestinationKind.FORWARDED_PORT:
            whose = to.container_name or ", ".join(to.programs or ()) or "an unknown machine"
            protocol = f"/{to.protocol}" if to.led and to.led.ports else ""
            return f"{whose} {to.led}{protocol} by NAT of {_asked(to)}"
        case DestinationKind.HOST_LISTENER if to.programs is None:
            return f"{describe_receiver(to)}, {IP_NAMES[to.family]}, {describe_ports(to)}"
        case _:
            programs = to.container_name or ", ".join(to.programs or ()) or "an unknown program"
            at = f" on {to.interface}" if to.interface else ""
            return f"{programs} {bracketed(to.address)}:{to.ports[0][0]}/{to.protocol}{at}"


def _asked(to: Destination) -> str:
    """Name the port that packets are sent to, or the ports: `0.0.0.0:2222`, `0.0.0.0, tcp ports 2000-2999`."""
    address = bracketed(to.address)
    return f"{address}, {describe_ports(to)}" if to.port is None else f"{address}:{to.port}"


def describe_ports(to: Destination) -> str:
    """Name ports: `every tcp port`, `tcp port 80`, `tcp ports 1-79, 81-65535`."""
    if to.has_every_port:
        return f"every {to.protocol} port"
    spans = [str(low) if low == high else f"{low}-{high}" for low, high in to.ports[:_SHOWN]]
    more = f" and {len(to.ports) - _SHOWN} more ranges" if len(to.ports) > _SHOWN else ""
    return f"{to.protocol} port{'' if spans[0].isdigit() and len(to.ports) == 1 else 's'} {', '.join(spans)}{more}"


def _heading(to: Destination) -> str:
    if to.kind is not DestinationKind.CONTAINER_PORTS:
        return describe_target(to)
    network = f" on network {to.network_name}" if to.network_name else ""
    return f"{to.container_name} {to.address}{network}"


def _ports(to: Destination) -> str:
    return describe_ports(to) if to.kind is DestinationKind.CONTAINER_PORTS else ""


def _reading(one: AttributedExposure) -> tuple[str, str, str, str]:
    exposure = one.exposure
    where = exposure.rule.where if exposure.rule else ""
    rule = exposure.rule is not None and exposure.rule.object is ObjectKind.RULE
    owners = one.attribution.beneficiaries
    causes = describe_causes(owners) if rule and owners else ""
    why = "; ".join(part for part in (describe_reason(exposure.reason), f"for {causes}" if causes else "") if part)
    return describe_outcome(exposure.outcome), _HOW[exposure.way], where, why


def _zones(members: Iterable[AttributedExposure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one.exposure.zone) for one in members))


def _shown(one: ExposureChange) -> AttributedExposure:
    shown = one.after or one.before
    assert shown  # noqa: S101 (a change has a side)
    return shown


def _target(one: ExposureChange) -> str:
    shown = _shown(one)
    name, by, rest = describe_target(shown.exposure.destination).partition(" by ")
    return f"{name} ({shown.service}){by}{rest}" if shown.service else f"{name}{by}{rest}"


def _turn(one: ExposureChange) -> tuple[str, str]:
    before, after = (_describe_side(side) for side in (one.before, one.after))
    return before, after


def _describe_side(side: AttributedExposure | None) -> str:
    outcome = side.exposure.outcome if side else Outcome.BLOCKED
    if side is None or outcome is not Outcome.ALLOWED or side.exposure.for_all:
        return describe_outcome(outcome)
    return f"{describe_outcome(outcome)}, {'limited' if side.exposure.limited_by else 'not for all'}"


def _sorted(members: Iterable[ExposureChange]) -> list[ExposureChange]:
    return sorted(members, key=lambda one: _ORDER[_shown(one).exposure.zone.kind])
