"""Rules and exposure cells by the Docker object that they are about."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import TypeVar

from netaudit.attribute.attribution import AttributedExposure, AttributedItem, AttributedSnapshot
from netaudit.model.docker import PortBinding
from netaudit.model.exposure import DestinationKind, ZoneKind

BindingKey = tuple[str, PortBinding]  # of a container's id
Items = tuple[AttributedItem, ...]
Cells = tuple[AttributedExposure, ...]
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByCause:
    """Looks up what is there because of a port binding, a network or a container."""

    def __init__(self, attributed: AttributedSnapshot) -> None:
        self._attributed = attributed

    def rules_of_binding(self, key: BindingKey) -> Items:
        """Return the rules that are there because of a port binding."""
        return self._rules.bindings.get(key, ())

    def missing_of_binding(self, key: BindingKey) -> Items:
        """Return the rules that a port binding lacks."""
        return self._missing.bindings.get(key, ())

    def cells_of_binding(self, key: BindingKey) -> Cells:
        """Return the cells of the exposure table whose destination is a published port."""
        return self._cells.get(key, ())

    def rules_of_network(self, network_id: str) -> Items:
        """Return the rules that are there because of a network."""
        return self._rules.networks.get(network_id, ())

    def missing_of_network(self, network_id: str) -> Items:
        """Return the rules that a network lacks."""
        return self._missing.networks.get(network_id, ())

    def cells_of_container(self, container_id: str) -> Cells:
        """Return the cells of the exposure table whose destination is a container's own address."""
        return self._cells.get((container_id, None), ())

    def cells_of_host(self, network: str) -> Cells:
        """Return the cells of packets from a network's containers to programs of the host."""
        return self._cells_of_host.get(network, ())

    @cached_property
    def _cells_of_host(self) -> dict[str, Cells]:
        cells = ((one.exposure, one) for one in self._attributed.exposure or ())
        return _group(
            (one.zone.name, cell)
            for one, cell in cells
            if one.zone.kind is ZoneKind.NETWORK and one.destination.kind is DestinationKind.HOST_LISTENER
        )

    @cached_property
    def _rules(self) -> "_Owners":
        return _Owners(self._attributed.items)

    @cached_property
    def _missing(self) -> "_Owners":
        return _Owners(self._attributed.missing)

    @cached_property
    def _cells(self) -> dict[tuple[str, PortBinding | None], Cells]:
        """The cells by container id and port binding: None for the container's own address."""
        destinations = ((cell, cell.exposure.destination) for cell in self._attributed.exposure or ())
        return _group(((to.container_id, to.binding), cell) for cell, to in destinations if to.container_id)


class _Owners:
    """Rules by the port binding and by the network that they are there for."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        self.bindings, self.networks = _by_binding(items), _by_network(items)


def _by_binding(items: Iterable[AttributedItem]) -> dict[BindingKey, Items]:
    causes = ((one, cause.container, cause.binding) for one in items for cause in one.attribution.causes)
    return _group(((container.id, binding), one) for one, container, binding in causes if container and binding)


def _by_network(items: Iterable[AttributedItem]) -> dict[str, Items]:
    causes = ((one, cause) for one in items for cause in one.attribution.causes)
    return _group((cause.network.id, one) for one, cause in causes if cause.network and not cause.container)


def _group(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    found: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}
