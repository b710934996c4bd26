"""The names of containers and their projects alone, for who cannot wait: one question to the engine of this host."""

import msgspec

from netaudit.collect.asking.options import Where
from netaudit.collect.docker.client import LARGEST_LIST, EngineClient
from netaudit.collect.docker.engine import engine_failures
from netaudit.collect.docker.locality import why_not_local

_LIST = "/containers/json?all=1"
_PROJECT = "com.docker.compose.project"


class Listed(msgspec.Struct, frozen=True):
    """A container as the engine lists it."""

    names: tuple[str, ...] = msgspec.field(name="Names", default=())
    labels: dict[str, str] | None = msgspec.field(name="Labels", default=None)

    @property
    def name(self) -> str:
        """Its own name; links give it the others."""
        return next((name[1:] for name in self.names if name.count("/") == 1), "")

    @property
    def project(self) -> str:
        """The Compose project that it is part of, "" without one."""
        return (self.labels or {}).get(_PROJECT, "")


def list_names(where: Where) -> tuple[Listed, ...]:
    """List the containers of this host; none where its engine has no socket here, or does not answer."""
    if not where.docker_url().startswith("unix:") or why_not_local(where):
        return ()
    try:
        with EngineClient(where) as client:
            return client.ask(_LIST, tuple[Listed, ...], most=LARGEST_LIST)
    except engine_failures():
        return ()
