"""What ought to be there, of all engines of a host."""

from collections.abc import Iterator

from netaudit.attribute.expected.expect import Entry, Expectation
from netaudit.model.netfilter.ruleset import Backend, Item

_Texts = dict[str, list[Entry]]


class Expectations:
    """The expectations of Docker and of Podman; None for an engine whose inventory is not known."""

    def __init__(self, docker: Expectation | None, podman: Expectation | None = None) -> None:
        self.docker = docker
        self.podman = podman
        self._joined: dict[tuple[Backend, tuple[str, str, str]], _Texts] = {}

    def __iter__(self) -> Iterator[Expectation]:
        return (one for one in (self.docker, self.podman) if one is not None)

    def entries(self, item: Item) -> list[Entry]:
        """Return the entries that ask for this very object, no entries where it is not expected."""
        if self.podman is None:  # asked about each rule of a host
            return self.docker.entries(item) if self.docker else []
        return [entry for one in self for entry in one.entries(item)]

    def at(self, backend: Backend, place: tuple[str, str, str]) -> _Texts:
        """Return the texts that are expected at a place, with the entries that ask for each."""
        if self.podman is None:
            return self.docker.at(backend, place) if self.docker else {}
        key = (backend, place)
        if key not in self._joined:
            joined: _Texts = {}
            for one in self:
                for text, entries in one.at(backend, place).items():
                    joined[text] = joined.get(text, []) + entries
            self._joined[key] = joined
        return self._joined[key]
