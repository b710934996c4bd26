"""Two inventories of a host -> what became of its containers and networks between them."""

from netaudit.model.docker import Container, Inventory


class Became:
    """Two inventories; where one of them is missing or not whole, nobody can tell."""

    def __init__(self, before: Inventory | None, after: Inventory | None) -> None:
        self.is_whole = all(one is not None and not one.partial for one in (before, after))
        self._before, self._after = before or Inventory(), after or Inventory()
        self._running = (_running(self._before), _running(self._after))

    def of_container(self, name: str) -> str:
        """Say what became of a container: `started`, `started again`; "" where nothing did, or it is not known."""
        old, new = (running.get(name) for running in self._running)
        if not self.is_whole or (old is None and new is None):
            return ""
        if new is None:
            return "stopped" if any(one.name == name for one in self._after.containers) else "removed"
        if old is None:
            return "started"
        if old.id != new.id:
            return "started again"
        return "" if _network(old) == _network(new) else "connected otherwise"

    def of_network(self, name: str) -> str:
        """Say what became of a network: `made`, `removed`, `made again`; "" where nothing did, or it is not known."""
        old, new = ({one.name: one.id for one in side.networks}.get(name) for side in (self._before, self._after))
        if not self.is_whole or old == new:
            return ""
        if new is None:
            return "removed"
        return "made again" if old else "made"

    def running(self, name: str) -> Container | None:
        """Return a container as it runs now."""
        return self._running[1].get(name)


def _running(inventory: Inventory) -> dict[str, Container]:
    return {one.name: one for one in inventory.containers if one.running}


def _network(container: Container) -> object:
    return (container.bindings, container.endpoints)
