"""Ask the engine which ports an image exposes: `docker run -P` publishes these. Nothing is pulled."""

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from netaudit.collect.asking.options import Where
from netaudit.collect.docker.client import EngineClient
from netaudit.collect.docker.engine import engine_failures


class _Config(msgspec.Struct):
    ports: dict[str, object] | None = msgspec.field(name="ExposedPorts", default=None)


class _Image(msgspec.Struct):
    config: _Config | None = msgspec.field(name="Config", default=None)


def ask_exposed_ports(where: Where) -> Callable[[str], tuple[str, ...] | None]:
    """Return a look-up of the ports that an image exposes (`80/tcp`); None for one that is not there, or not known."""

    def look_up(reference: str) -> tuple[str, ...] | None:
        try:
            with EngineClient(where) as client:
                image = client.ask(f"/images/{quote(reference, safe='/:@')}/json", _Image)
        except engine_failures():
            return None
        return tuple(sorted(image.config.ports or ())) if image.config else ()

    return look_up
