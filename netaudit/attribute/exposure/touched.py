"""Which containers the changes of a host can concern: the exposure of the others is the same before and after."""

from collections.abc import Callable, Iterable

import msgspec

from netaudit.attribute.attribution import AttributedChange, CauseKind, Confidence
from netaudit.attribute.exposure.unread import have_unread_parts
from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Destination
from netaudit.model.host import Host
from netaudit.model.snapshot import Snapshot

_OF_CONTAINERS = frozenset({CauseKind.PORT_BINDING, CauseKind.ENDPOINT})

_FEW = 600  # containers of both sides


def wanted_destinations(
    changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot
) -> Callable[[Destination], bool]:
    """Choose the destinations that may have changed: the host's listeners always, of the containers those touched."""
    touched = touched_containers(changes, before, after)
    if touched is None:
        return lambda _: True
    return lambda destination: not destination.container_name or destination.container_name in touched


def touched_containers(changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot) -> frozenset[str] | None:
    """Name the containers that changes are about; None where they may be about any.

    Of a host with few containers all are asked about where what decides was not recorded: their rows are not known.
    Of a large one `unasked_containers` counts them.
    """
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
    few = _are_few(before.inventory, after.inventory)
    return None if few and have_unread_parts(before, after) else frozenset(names)


def unasked_containers(changes: Iterable[AttributedChange], before: Snapshot, after: Snapshot) -> int:
    """Count the containers of a large host that nobody asks about, though what decides there was not recorded."""
    if before.inventory is None or after.inventory is None or _are_few(before.inventory, after.inventory):
        return 0
    touched = touched_containers(changes, before, after)
    if touched is None or not have_unread_parts(before, after):
        return 0
    return len({one.name for one in (*before.inventory.containers, *after.inventory.containers)} - touched)


def _are_few(before: Inventory, after: Inventory) -> bool:
    return len(before.containers) + len(after.containers) <= _FEW


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
