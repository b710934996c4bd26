"""One call of the Engine API, as a client sent it."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

Json = object  # what JSON decodes to: dict, list, str, int, float, bool or None

_VERSIONED = re.compile(r"/v(\d+)\.(\d+)(?=/)")


class EngineRequest(msgspec.Struct, frozen=True):
    """A call: `path` as sent (`/v1.51/containers/create`), without its query; a body that is not JSON is None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None

    @property
    def endpoint(self) -> str:
        """Return the path without the version of the API, `%2F` and the like read: `/containers/create`."""
        found = _VERSIONED.match(self.path)
        return unquote(self.path[found.end() :] if found else self.path)

    @property
    def only_asks(self) -> bool:
        """Tell whether it changes nothing."""
        return self.method in ("GET", "HEAD")

    @property
    def api_version(self) -> tuple[int, int] | None:
        """Return the version of the API that the path names, None where it names none."""
        found = _VERSIONED.match(self.path)
        return (int(found[1]), int(found[2])) if found else None

    def parameter(self, name: str, default: str = "") -> str:
        """Return a parameter of the query."""
        return next((value for key, value in self.query if key == name), default)

    def fields(self) -> Mapping[str, Json]:
        """Return the body where it is an object, an empty one otherwise."""
        return self.body if isinstance(self.body, dict) else {}
