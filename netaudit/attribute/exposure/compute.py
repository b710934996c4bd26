"""Exposure, joined with causes: of one host, and what of it changed between two snapshots.

A plain diff of a large host must stay quick: there exposure is computed only when it is asked for, and otherwise
`exposure_gap` says that it was not. A change that only concerns some containers, as Docker's own rules tell, is
answered by computing the table of those alone.
"""

from collections.abc import Callable, Iterable

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedExposure,
    AttributedSnapshot,
    CauseKind,
    Confidence,
)
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.exposure.causes import ExposureCauses
from netaudit.attribute.exposure.compare import attribute_exposures, compare_exposures
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Destination
from netaudit.model.facts import Facts
from netaudit.model.host import Host
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse.program import parse_program

AFFORDABLE_RULES = 6000
AFFORDABLE_CONTAINERS = 300
_OF_CONTAINERS = frozenset({CauseKind.PORT_BINDING, CauseKind.ENDPOINT})


class ParsedHost(msgspec.Struct, frozen=True):
    """A host's facts with the snapshot that was read from them."""

    facts: Facts
    snapshot: Snapshot


def with_exposure(
    shown: AttributedSnapshot, read: ParsedHost, catalog: Catalog, choice: ZoneChoice
) -> AttributedSnapshot:
    """Add the exposure table to a snapshot."""
    table, gap = _table(read, Attributor.of(read.snapshot, catalog), choice, lambda _: True)
    return msgspec.structs.replace(shown, exposure=table, exposure_gap=gap)


def with_exposure_changes(
    diff: AttributedDiff, before: ParsedHost, after: ParsedHost, catalog: Catalog
) -> AttributedDiff:
    """Add to a diff what of the exposure table changed."""
    wanted = _wanted(diff.changes, before.snapshot, after.snapshot)
    earlier, later = Attributor.of_both(before.snapshot, after.snapshot, catalog)
    old, old_gap = _table(before, earlier, ZoneChoice(), wanted)
    new, new_gap = _table(after, later, ZoneChoice(), wanted)
    if old is None or new is None:
        return msgspec.structs.replace(diff, exposure_gap=old_gap or new_gap)
    because = ExposureCauses(before.snapshot, after.snapshot).because
    return msgspec.structs.replace(diff, exposure=compare_exposures(old, new, because))


def why_not_affordable(diff: AttributedDiff, before: Snapshot, after: Snapshot) -> str:
    """Say why exposure takes longer than a plain diff should; "" where it does not."""
    touched = _touched(diff.changes, before, after)
    sizes = [_too_large(one, len(touched) if touched is not None else None) for one in (after, before)]
    return sizes[0] or sizes[1]


def why_too_large(snapshot: Snapshot) -> str:
    """Say why a host's table takes long; "" where it does not."""
    return _too_large(snapshot, None)


def _too_large(snapshot: Snapshot, asked: int | None) -> str:
    """Hold a host against the bounds, of whose containers some are asked about, or all."""
    rules = snapshot.ruleset.count()
    if rules > AFFORDABLE_RULES:
        return f"not computed for {rules} rules unless asked for"
    inventory = snapshot.inventory
    number = asked if asked is not None else len(inventory.containers) if inventory else 0
    return f"not computed for {number} containers unless asked for" if number > AFFORDABLE_CONTAINERS else ""


def _table(
    read: ParsedHost, attributor: Attributor, choice: ZoneChoice, wanted: Callable[[Destination], bool]
) -> tuple[tuple[AttributedExposure, ...] | None, str]:
    from netaudit.packets.exposure.table import expose  # noqa: PLC0415 (late: the library of packet sets is slow to load)

    program = parse_program(read.facts, read.snapshot.ruleset)
    try:
        found = expose(read.snapshot, program, choice, wanted)
    except MemoryError:
        return None, "its packets are more than can be held as sets"
    return attribute_exposures(found, attributor.attribute), ""


def _wanted(changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot) -> Callable[[Destination], bool]:
    """Choose the destinations that may have changed: listeners of the host always, containers that are touched."""
    touched = _touched(changes, before, after)
    if touched is None:
        return lambda _: True
    return lambda destination: not destination.container_name or destination.container_name in touched


def _touched(changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot) -> frozenset[str] | None:
    """Name the containers that changes are about; None where they may be about any."""
    if before.inventory is None or after.inventory is None or before.gaps != after.gaps:
        return None
    if _surroundings(before.host) != _surroundings(after.host) or _zones(before.inventory) != _zones(after.inventory):
        return None
    names = {one.name for one in _differing(before.inventory.containers, after.inventory.containers)}
    for change in changes:
        causes = change.attribution.causes
        own = change.attribution.confidence is Confidence.PROVED and all(one.kind in _OF_CONTAINERS for one in causes)
        if not causes or not own:
            return None
        names.update(one.container.name for one in causes if one.container)
    return frozenset(names)


def _differing(before: tuple[Container, ...], after: tuple[Container, ...]) -> set[Container]:
    return set(before) ^ set(after)


def _zones(inventory: Inventory) -> tuple[object, ...]:
    """Return what of Docker's networks makes zones: the networks, and which have members."""
    networks = tuple(msgspec.structs.replace(one, members=()) for one in inventory.networks)
    return networks, {end.network_id for one in inventory.containers if one.running for end in one.endpoints}


def _surroundings(host: Host) -> tuple[object, ...]:
    """Return what of a host concerns all packets: no container's veth pair, nor what hangs on it."""
    stay = {one.name for one in host.interfaces if not one.master}
    interfaces = {one.name: (one.addresses, one.up) for one in host.interfaces if one.name in stay}
    kept = (route for route in host.routes if {hop.interface for hop in route.hops} <= stay | {""})
    routes = {(one.destination, one.hops, one.kind, one.table) for one in kept if not one.destination.startswith("f")}
    switches = {name: value for name, value in host.sysctls if not _of_veth(name, stay)}
    return interfaces, routes, switches


def _of_veth(sysctl: str, stay: set[str]) -> bool:
    """Tell whether a switch is of an interface that comes and goes with a container."""
    parts = sysctl.split(".")
    return len(parts) == 5 and parts[2] == "conf" and parts[3].replace("/", ".") not in stay | {"all", "default"}
