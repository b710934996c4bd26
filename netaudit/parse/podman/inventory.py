"""Podman's JSON -> the inventory: `podman info`, `podman network inspect`, `podman inspect`, `podman ps --all`."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.engines.kinds import Podman
from netaudit.model.facts import PODMAN_SOURCES, Facts, Source
from netaudit.parse.docker.containers import known_container
from netaudit.parse.podman.attached import Published, attach
from netaudit.parse.podman.mappings import merge_bindings
from netaudit.parse.podman.networks import RawNetwork, read_network
from netaudit.parse.podman.ps import Listed, read_mappings
from netaudit.parse.reading.decode import decode_json

T = TypeVar("T")
_EXPECTED = "what Podman prints"


class _Backend(msgspec.Struct):
    version: str = ""


class _Security(msgspec.Struct):
    rootless: bool = False


class _Host(msgspec.Struct):
    backend: _Backend = msgspec.field(name="networkBackendInfo", default_factory=_Backend)
    security: _Security = msgspec.field(default_factory=_Security)


class _Version(msgspec.Struct):
    version: str = msgspec.field(name="Version", default="")


class _Info(msgspec.Struct):
    host: _Host = msgspec.field(default_factory=_Host)
    version: _Version = msgspec.field(default_factory=_Version)


def parse_podman(facts: Facts, known: dict[bytes, Container] | None = None) -> Inventory | None:
    """Read Podman's part of the inventory; None where its containers are not among the facts. Raises ParseError."""
    if Source.PODMAN_CONTAINERS not in facts.files:
        return None
    networks = tuple(map(read_network, _read(facts, Source.PODMAN_NETWORKS, list[RawNetwork]) or ()))
    info = _read(facts, Source.PODMAN_INFO, _Info) or _Info()
    podman = Podman(
        version=info.version.version,
        netavark=info.host.backend.version.rpartition(" ")[2],
        rootless=info.host.security.rootless,
        partial=any(source not in facts.files for source in PODMAN_SOURCES)
        or any(gap.source in PODMAN_SOURCES for gap in facts.gaps),
    )
    return Inventory(
        networks=networks,
        containers=tuple(_containers(facts, networks, known if known is not None else {}, podman)),
        partial=podman.partial,
        docker=False,
        podman=podman,
    )


def _containers(
    facts: Facts, networks: tuple[Network, ...], known: dict[bytes, Container], podman: Podman
) -> Iterator[Container]:
    listed = {one.id: one for one in _read(facts, Source.PODMAN_PS, list[Listed]) or ()}
    by_name = {network.name: network for network in networks}
    raw = _read(facts, Source.PODMAN_CONTAINERS, list[msgspec.Raw]) or []
    for one in raw:
        read = known_container(bytes(one), known, Source.PODMAN_CONTAINERS)
        mappings = read_mappings(listed[read.id]) if read.id in listed else merge_bindings(read.bindings)
        yield attach(read, Published(mappings, podman.rootless), by_name)


def _read(facts: Facts, source: Source, kind: type[T]) -> T | None:
    data = facts.files.get(source)
    return decode_json(data, kind, source=source, expected=_EXPECTED) if data else None
