"""Podman's service, and its program: each says the same, and one of them is asked."""

from typing import Any, Protocol, Self
from urllib.parse import quote

import msgspec

from netaudit.bounded import decode_json
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.subprocesses import run
from netaudit.collect.docker.client import LARGEST_LIST, EngineClient, EngineRefusalError
from netaudit.collect.podman.place import api_prefix
from netaudit.model.facts import Gap, Source

_Object = dict[str, Any]
_BATCH = 100  # containers that one call of the program inspects


class Teller(Protocol):
    """A context manager that says what `podman info`, `network inspect`, `inspect` and `ps --all` print."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def info(self) -> object:
        """Say what Podman says about itself."""

    def networks(self) -> object:
        """List all networks."""

    def containers(self) -> object:
        """Inspect all containers."""

    def listed(self) -> object:
        """List all containers."""


class SocketTeller:
    """Podman's service. Methods raise what `engine_failures` names."""

    def __init__(self, where: Where) -> None:
        self._client = EngineClient(where)
        try:
            self._prefix = api_prefix(self._client)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()

    def info(self) -> object:
        """Return what Podman says about itself."""
        return self._get("/info")

    def networks(self) -> object:
        """Return all networks."""
        return self._get("/networks/json")

    def listed(self) -> object:
        """Return the list of all containers, also of the one that a pod begins with."""
        return self._get("/containers/json?all=true")

    def containers(self) -> object:
        """Return each container's inspection; what has gone since it was listed is no longer part of the inventory."""
        found: list[_Object] = []
        for one in self._client.get(f"{self._prefix}/containers/json?all=true", list[_Object], most=LARGEST_LIST):
            try:
                named = quote(str(one["Id"]), safe="")
                found.append(self._client.get(f"{self._prefix}/containers/{named}/json", _Object))
            except EngineRefusalError as error:
                if not error.is_gone:
                    raise
        return found

    def _get(self, path: str) -> object:
        return self._client.get(self._prefix + path, object, most=LARGEST_LIST)


class ProgramTeller:
    """Podman's program, where its service does not run."""

    def __init__(self, where: Where) -> None:
        self._timeout = where.timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def info(self) -> object:
        """Return what Podman says about itself, or the gap."""
        return self._run("info", "--format", "json")

    def networks(self) -> object:
        """Return all networks, or the gap."""
        names = self._run("network", "ls", "--format", "json")
        return names if isinstance(names, Gap) else self._inspect(names, "name", ("network", "inspect"))

    def listed(self) -> object:
        """Return the list of all containers, or the gap."""
        return self._run("ps", "--all", "--no-trunc", "--format", "json")

    def containers(self) -> object:
        """Return each container's inspection, or the gap."""
        listed = self.listed()
        return listed if isinstance(listed, Gap) else self._inspect(listed, "Id", ("container", "inspect"))

    def _inspect(self, listed: object, key: str, command: tuple[str, ...]) -> object:
        names = [str(one[key]) for one in msgspec.convert(listed, list[_Object])]
        found: list[object] = []
        for at in range(0, len(names), _BATCH):
            said = self._run(*command, *names[at : at + _BATCH])
            if isinstance(said, Gap):
                return said
            found += msgspec.convert(said, list[object])
        return found

    def _run(self, *words: str) -> object:
        said = run(Source.PODMAN_INFO, ["podman", *words], timeout=self._timeout, environment={"HOME": "/root"})
        return said if isinstance(said, Gap) else decode_json(said, object)
