"""Exposure, joined with causes: of one host, and what of it changed between two snapshots.

A plain diff of a large host must stay quick: there exposure is computed where containers that are alike stand for each
other, and else only when it is asked for; `exposure_gap` says that it was not. A change that only concerns some
containers, as Docker's own rules tell, is answered by computing the table of those alone.
"""

import gc
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

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
from netaudit.attribute.exposure.causes import ExposureCauses, Tense
from netaudit.attribute.exposure.compare import Compared, Sides, attribute_exposures, compare_exposures
from netaudit.attribute.exposure.identity import by_address, by_container
from netaudit.attribute.exposure.sight import Sight
from netaudit.attribute.exposure.ways import AFFORDABLE_RULES, Expose, Wanted, by_groups, if_few_are_left, one_by_one
from netaudit.attribute.services import Services
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Destination
from netaudit.model.host import Host
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice

AFFORDABLE_CONTAINERS = 300
_AFFORDABLE_BY_GROUPS = 2000  # containers
_OF_CONTAINERS = frozenset({CauseKind.PORT_BINDING, CauseKind.ENDPOINT})


class ComputeExposure(StrEnum):
    """When exposure is computed, and how: containers that are alike are asked about once for all, unless EXACTLY."""

    NEVER = "never"
    WHEN_QUICK = "when quick"  # a result without it says why
    ALWAYS = "always"
    EXACTLY = "exactly"  # each container by itself: on a host of 1,000 that takes seconds


def with_exposure(
    shown: AttributedSnapshot,
    snapshot: Snapshot,
    catalog: Catalog,
    choice: ZoneChoice,
    when: ComputeExposure = ComputeExposure.ALWAYS,
) -> AttributedSnapshot:
    """Add the exposure table to what is shown of a snapshot."""
    if when is ComputeExposure.NEVER:
        return shown
    if when is ComputeExposure.WHEN_QUICK and (gap := why_too_large(snapshot)):
        return msgspec.structs.replace(shown, exposure_gap=gap)
    how = (_WAYS[when], _everything, "")
    table, gap = _table(snapshot, Attributor.of(snapshot, catalog), choice, how, _named(snapshot, catalog))
    return msgspec.structs.replace(shown, exposure=table, exposure_gap=gap)


def with_exposure_changes(
    diff: AttributedDiff,
    before: Snapshot,
    after: Snapshot,
    catalog: Catalog,
    when: ComputeExposure = ComputeExposure.ALWAYS,
    tense: Tense = Tense.PAST,
) -> AttributedDiff:
    """Add to a diff what of the exposure table changed; `tense` is for the sentences that say why."""
    way, gap = _way(when, diff, before, after)
    if way is None:
        return msgspec.structs.replace(diff, exposure_gap=gap)
    wanted = _wanted(diff.changes, before, after)
    earlier, later = Attributor.of_both(before, after, catalog)
    how = (way, wanted, gap)
    old, old_gap = _table(before, earlier, ZoneChoice(), how, _named(before, catalog))
    if old is None:
        return msgspec.structs.replace(diff, exposure_gap=old_gap)
    new, new_gap = _table(after, later, ZoneChoice(), how, _named(after, catalog))
    if new is None:
        return msgspec.structs.replace(diff, exposure_gap=new_gap)
    found = compare_tables(before, old, after, new, tense)
    return msgspec.structs.replace(diff, exposure=found.changes, exposure_undecided=found.undecided)


def compare_tables(
    before: Snapshot,
    old: tuple[AttributedExposure, ...],
    after: Snapshot,
    new: tuple[AttributedExposure, ...],
    tense: Tense = Tense.PAST,
) -> Compared:
    """List what differs between the tables of two snapshots, which were computed already."""
    because = ExposureCauses(before, after, tense).describe_change
    return compare_exposures(old, new, because, _sides(before, after))


def _sides(before: Snapshot, after: Snapshot) -> Sides:
    """Choose what names a row: its container, where Docker's inventory is known on both sides."""
    earlier, later = Sight(before), Sight(after)
    known = earlier.knows_docker and later.knows_docker
    identify = by_container(before.inventory, after.inventory) if known else by_address
    return Sides(identify, earlier.lists, later.lists)


def _way(when: ComputeExposure, diff: AttributedDiff, before: Snapshot, after: Snapshot) -> tuple[Expose | None, str]:
    """Choose how the exposure of a diff is computed; None and why where it is not, "" where it surely can be."""
    match when:
        case ComputeExposure.NEVER:
            return None, "not asked for"
        case ComputeExposure.WHEN_QUICK if gap := why_not_affordable(diff, before, after):
            number = _number_of_containers(diff, before, after)
            return (if_few_are_left if number <= _AFFORDABLE_BY_GROUPS else None), gap
        case _:
            return _WAYS[when], ""


def _number_of_containers(diff: AttributedDiff, before: Snapshot, after: Snapshot) -> int:
    """Count the containers that the exposure of a diff is about."""
    touched = _touched(diff.changes, before, after)
    if touched is not None:
        return len(touched)
    return max(len(one.inventory.containers) if one.inventory else 0 for one in (before, after))


_WAYS: Mapping[ComputeExposure, Expose] = {
    ComputeExposure.WHEN_QUICK: by_groups,
    ComputeExposure.ALWAYS: by_groups,
    ComputeExposure.EXACTLY: one_by_one,
}


def why_not_affordable(diff: AttributedDiff, before: Snapshot, after: Snapshot) -> str:
    """Say why exposure takes longer than a plain diff should; "" where it does not."""
    touched = _touched(diff.changes, before, after)
    sizes = [_too_large(one, len(touched) if touched is not None else None) for one in (after, before)]
    return sizes[0] or sizes[1]


def why_too_large(snapshot: Snapshot) -> str:
    """Say why a host's table takes long; "" where it does not."""
    return _too_large(snapshot, None)


def _too_large(snapshot: Snapshot, asked: int | None) -> str:
    """Compare a host with the bounds; `asked` is how many of its containers the question is about, None for all."""
    rules = snapshot.ruleset.count()
    if rules > AFFORDABLE_RULES:
        return f"not computed for {rules} rules unless asked for"
    inventory = snapshot.inventory
    number = asked if asked is not None else len(inventory.containers) if inventory else 0
    return f"not computed for {number} containers unless asked for" if number > AFFORDABLE_CONTAINERS else ""


def _named(snapshot: Snapshot, catalog: Catalog) -> Callable[[Destination], str]:
    """Name the sensitive service that a destination leads to, by its port or its container's image."""
    services = Services(catalog.services)
    images = {one.id: one.image for one in snapshot.inventory.containers} if snapshot.inventory else {}
    return lambda destination: services.at(destination, images.get(destination.container_id, ""))


def _table(
    snapshot: Snapshot,
    attributor: Attributor,
    choice: ZoneChoice,
    how: tuple[Expose, Wanted, str],
    service: Callable[[Destination], str],
) -> tuple[tuple[AttributedExposure, ...] | None, str]:
    """Compute a table in one way; None and why where it cannot be, of which `gap` says why it may be so."""
    way, wanted, gap = how
    try:
        found = way(snapshot, choice, wanted)
    except MemoryError:
        return None, "its packets are more than can be held as sets"
    finally:
        _free_packet_sets()
    return (None, gap) if found is None else (attribute_exposures(found, attributor.attribute, service), "")


def _everything(_: Destination) -> bool:
    return True


def _free_packet_sets() -> None:
    """Free the sets of packets of a table, some 10 MB, which refer to one another.

    Python does not see how large they are, so a program that audits host after host would hold many. The command line
    turns the collector off: its process ends soon.
    """
    if gc.isenabled():
        gc.collect()


def _wanted(changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot) -> Callable[[Destination], bool]:
    """Choose the destinations that may have changed: the host's listeners always, of the containers those touched."""
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
    """Return what of a host concerns all packets: no container's veth pair, nor what is attached to it."""
    stay = {one.name for one in host.interfaces if not one.master}
    interfaces = {one.name: (one.addresses, one.up) for one in host.interfaces if one.name in stay}
    kept = (route for route in host.routes if {hop.interface for hop in route.hops} <= stay | {""})
    routes = {(one.destination, one.hops, one.kind, one.table) for one in kept if not one.destination.startswith("f")}
    switches = {name: value for name, value in host.sysctls if not _of_veth(name, stay)}
    return interfaces, routes, switches, host.policy


def _of_veth(sysctl: str, stay: set[str]) -> bool:
    """Tell whether a switch is of an interface that comes and goes with a container."""
    parts = sysctl.split(".")
    return len(parts) == 5 and parts[2] == "conf" and parts[3].replace("/", ".") not in stay | {"all", "default"}
