"""Docker's containers and networks, as checks look them up."""

from collections.abc import Iterable
from functools import cached_property

from netaudit.attribute.attribution import AttributedItem
from netaudit.model.docker import Container, Inventory, Network, is_docker_bridge
from netaudit.model.snapshot import Snapshot

_ENGINE = frozenset({"dockerd", "docker-proxy"})


def runs_docker(items: Iterable[AttributedItem], snapshot: Snapshot) -> bool:
    """Tell whether something shows that Docker runs, also where nobody asked it: its rules, bridges or programs."""
    host = snapshot.host
    return (
        snapshot.inventory is not None
        or any(one.attribution.maker == "docker" for one in items)
        or any(is_docker_bridge(one.name) for one in host.interfaces)
        or any(not _ENGINE.isdisjoint(one.programs) for one in host.listeners)
    )


class DockerObjects:
    """Looks up the running containers and the networks of an inventory; without an inventory it finds nothing."""

    def __init__(self, inventory: Inventory | None) -> None:
        self._inventory = inventory

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers that run."""
        return tuple(one for one in self._inventory.containers if one.running) if self._inventory else ()

    @cached_property
    def networks(self) -> dict[str, Network]:
        """The networks by id."""
        return {one.id: one for one in self._inventory.networks} if self._inventory else {}

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of running containers by their addresses."""
        ends = ((one, end) for one in self.containers for end in one.endpoints)
        return {address: one.name for one, end in ends for address in (end.ipv4, end.ipv6) if address}

    @cached_property
    def host_ports(self) -> frozenset[tuple[str, int]]:
        """The protocols and host ports that are published."""
        return frozenset((binding.protocol, binding.host_port) for one in self.containers for binding in one.bindings)

    @cached_property
    def container_ports(self) -> frozenset[tuple[str, int]]:
        """The protocols and container ports that are published."""
        return frozenset(
            (binding.protocol, binding.container_port) for one in self.containers for binding in one.bindings
        )
