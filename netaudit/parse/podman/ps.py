"""`podman ps --all`: the only place where Podman tells which ports were published as one range, and for whom."""

import msgspec

from netaudit.model.engines.kinds import PortMapping
from netaudit.model.facts import Source
from netaudit.parse.reading.addresses import read_address


class _Mapping(msgspec.Struct):
    host_ip: str = ""
    container_port: int = 0
    host_port: int = 0
    range: int = 1
    protocol: str = ""


class Listed(msgspec.Struct):
    """What netaudit reads of a container in the list."""

    id: str = msgspec.field(name="Id")
    ports: list[_Mapping] | None = msgspec.field(name="Ports", default=None)


def read_mappings(listed: Listed) -> tuple[PortMapping, ...]:
    """Return the ranges of ports of a container; a protocol may be a list (`tcp,udp`). Raises ParseError."""
    return tuple(
        PortMapping(
            protocol,
            read_address(one.host_ip, Source.PODMAN_PS),
            one.host_port,
            one.container_port,
            max(one.range, 1),
        )
        for one in listed.ports or ()
        for protocol in (one.protocol or "tcp").split(",")
    )
