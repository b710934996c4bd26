"""Two inventories -> what happened between them, in the order in which it can have happened."""

from collections.abc import Iterator

from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.plan import Effect, EffectKind


def find_effects(before: Inventory, after: Inventory) -> tuple[Effect, ...]:
    """Return effects that lead from one inventory to another: what ends comes first, then what begins.

    Containers begin in the order of their start. One that was restarted in between has left and joined.
    """
    return tuple(Effect(kind, 0, network, container) for kind, network, container in _effects(before, after))


_Step = tuple[EffectKind, str, str]


def _effects(before: Inventory, after: Inventory) -> Iterator[_Step]:
    old, new = _running(before), _running(after)
    for container in old.values():
        left = _gone(container, new.get(container.id))
        yield from ((EffectKind.ENDPOINT_LEFT, end.network_id, container.id) for end in left)
    yield from _members(before.networks, after.networks, EffectKind.ENDPOINT_LEFT, {*old, *new})
    ids = {network.id for network in after.networks}
    yield from ((EffectKind.NETWORK_REMOVED, one.id, "") for one in before.networks if one.id not in ids)
    ids = {network.id for network in before.networks}
    yield from ((EffectKind.NETWORK_ADDED, one.id, "") for one in after.networks if one.id not in ids)
    yield from _members(after.networks, before.networks, EffectKind.ENDPOINT_JOINED, {*old, *new})
    for container in sorted(new.values(), key=lambda one: one.started_at):
        joined = _gone(container, old.get(container.id))
        yield from ((EffectKind.ENDPOINT_JOINED, end.network_id, container.id) for end in joined)


def _running(inventory: Inventory) -> dict[str, Container]:
    return {container.id: container for container in inventory.containers if container.running}


def _gone(container: Container, other: Container | None) -> list[Endpoint]:
    """Return the endpoints of a container that its other state does not have: all of them after a restart."""
    if other is None or other.sandbox != container.sandbox:
        return list(container.endpoints)
    kept = {(end.network_id, end.ipv4, end.ipv6) for end in other.endpoints}
    return [end for end in container.endpoints if (end.network_id, end.ipv4, end.ipv6) not in kept]


def _members(
    networks: tuple[Network, ...], others: tuple[Network, ...], kind: EffectKind, shown: set[str]
) -> Iterator[_Step]:
    """List members that the other networks do not have, and that no container's inspection shows."""
    there = {(network.id, member.container_id) for network in others for member in network.members}
    for network in networks:
        for member in network.members:
            if member.container_id not in shown and (network.id, member.container_id) not in there:
                yield kind, network.id, member.container_id
