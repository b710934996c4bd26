"""What the engines of a host say about themselves -> one inventory.

Podman answers Docker's questions too, on a socket of its own or in the place of Docker's. Such an answer names no
bridge of a network: it is read as Podman's containers, whose networks are not known.
"""

import msgspec
from msgspec.structs import replace

from netaudit.model.docker import Container, Inventory
from netaudit.model.engines.kinds import Podman
from netaudit.model.engines.parts import join
from netaudit.model.facts import PODMAN_SOURCES, Facts, Gap, GapReason, Source
from netaudit.parse.docker.containers import known_container
from netaudit.parse.docker.inventory import find_unlisted, parse_inventory
from netaudit.parse.podman.attached import Published, attach
from netaudit.parse.podman.inventory import parse_podman
from netaudit.parse.podman.mappings import merge_bindings
from netaudit.parse.reading.decode import decode_json

Known = dict[bytes, Container] | None
_PODMAN = "Podman Engine"
_NETWORKS_UNKNOWN = Gap(
    Source.DOCKER_NETWORKS,
    GapReason.PARTIAL,
    "Podman answered in Docker's place, and there it does not tell which bridges and subnets its networks have:"
    " record its own API (netaudit record), or keep `podman network inspect`",
)


class _Component(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")


class _Server(msgspec.Struct):
    version: str = msgspec.field(name="Version", default="")
    components: list[_Component] | None = msgspec.field(name="Components", default=None)


class _Version(msgspec.Struct):
    server: _Server | None = msgspec.field(name="Server", default=None)


def parse_engines(facts: Facts, known: Known = None) -> tuple[Inventory | None, tuple[Gap, ...]]:
    """Return the inventory of all engines, None where no engine's containers are known; and what is not known of it.

    `known` maps the JSON of containers to what was read from it before, and is added to. Raises ParseError.
    """
    podman = parse_podman(facts, known)
    stand_in = _podman_for_docker(facts)
    if stand_in is None:
        docker = parse_inventory(facts, known)
        return _both(facts, docker, podman), find_unlisted(facts, docker)
    if podman is not None:
        return podman, ()
    return _from_docker_api(facts, stand_in.version, known if known is not None else {}), (_NETWORKS_UNKNOWN,)


def _both(facts: Facts, docker: Inventory | None, podman: Inventory | None) -> Inventory | None:
    joined = join(docker, podman)
    if joined is None:
        return None
    unseen = docker is None and Source.DOCKER_CONTAINERS not in facts.unused
    lost = any(gap.source in PODMAN_SOURCES for gap in facts.gaps)
    return replace(joined, partial=True) if unseen or lost else joined


def _podman_for_docker(facts: Facts) -> _Server | None:
    """Return what answered in Docker's place, where that is Podman."""
    data = facts.files.get(Source.DOCKER_VERSION)
    said = decode_json(data, _Version, source=Source.DOCKER_VERSION, expected="what Docker prints") if data else None
    server = said.server if said else None
    named = server is not None and any(one.name == _PODMAN for one in server.components or ())
    return server if named else None


def _from_docker_api(facts: Facts, version: str, known: dict[bytes, Container]) -> Inventory | None:
    data = facts.files.get(Source.DOCKER_CONTAINERS)
    if data is None:
        return None
    raw = decode_json(data, list[msgspec.Raw], source=Source.DOCKER_CONTAINERS, expected="what Docker prints")
    containers = (known_container(bytes(one), known) for one in raw)
    return Inventory(
        containers=tuple(attach(one, Published(merge_bindings(one.bindings)), {}) for one in containers),
        partial=True,
        docker=False,
        podman=Podman(version=version, partial=True),
    )
