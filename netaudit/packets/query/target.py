"""Where a packet goes, as an operator types it -> addresses, ports and containers.

192.0.2.10:8080/tcp   [2001:db8::10]:53/udp   container:db:5432/tcp   container:db/icmp   db:5432   host:8080
"""

import re

import msgspec

from netaudit.errors import SubjectError, UsageError, suggest
from netaudit.model.docker import Container
from netaudit.model.exposure import OUTSIDE, ZoneKind
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.locations import find_container
from netaudit.packets.host.zones import ZoneChoice, origins
from netaudit.packets.values.probe import PROTOCOLS, parse_ip

_TARGET = re.compile(r"(?P<host>.+?)(?::(?P<port>\d{1,5}))?/(?P<protocol>[a-z0-9]+)", re.DOTALL)
_HINT = "such as 192.0.2.10:8080/tcp, [2001:db8::10]:53/udp, container:web:80/tcp or container:web/icmp"


class Target(msgspec.Struct, frozen=True):
    """Where a packet goes; `container` is named where it was asked for by name."""

    address: Ip | None
    protocol: str
    port: int | None = None
    container: Container | None = None


def read_target(text: str, snapshot: Snapshot) -> Target:
    """Read `ADDRESS:PORT/PROTOCOL`; without a protocol it is tcp, and a container's name or `host` is an address too.

    Raises UsageError, or SubjectError for a container that is not there.
    """
    found = _TARGET.fullmatch(text if "/" in text or parse_ip(text) else f"{text}/tcp")
    if not found or found["protocol"] not in PROTOCOLS:
        raise UsageError(f"{text} names no destination", hint=_HINT)
    port = int(found["port"]) if found["port"] else None
    if port is None and "/" not in text:
        raise UsageError(f"{text} names no destination", hint=_HINT)
    if (port is None) != (found["protocol"] in ("icmp", "icmpv6")) or (port or 0) > 0xFFFF:
        raise UsageError(f"{text}: {found['protocol']} and a port do not fit", hint=_HINT)
    address = parse_ip(found["host"])
    if address is not None:
        return Target(address, found["protocol"], port)
    if found["host"] == ZoneKind.HOST:
        return Target(_own_address(found["protocol"], snapshot), found["protocol"], port)
    return Target(None, found["protocol"], port, _container(found["host"], snapshot))


def _container(named: str, snapshot: Snapshot) -> Container:
    """Find `container:web`, and `web` as other commands print it. Raises UsageError or SubjectError."""
    kind, colon, name = named.partition(":")
    if kind == ZoneKind.CONTAINER and colon:
        return find_container(snapshot, name)
    names = [one.name for one in snapshot.inventory.containers] if snapshot.inventory else []
    if named in names:
        return find_container(snapshot, named)
    raise UsageError(f"{named} is no address, and no container here", hint=suggest(named, names, "") or _HINT)


def _own_address(protocol: str, snapshot: Snapshot) -> Ip:
    families = (Family.IP6,) if protocol == "icmpv6" else IP_FAMILIES
    for family in families:
        if address := host_address(snapshot, family):
            return address
    raise SubjectError("no address of this host is known by which others reach it", hint="name one")


def host_address(snapshot: Snapshot, family: Family) -> Ip | None:
    """Return the address by which outsiders know the host; None where none was seen."""
    routing = Routing(snapshot.host, family)
    known = origins(snapshot.host, snapshot.inventory, family, ZoneChoice())
    for one in sorted(known, key=lambda one: list(ZoneKind).index(one.zone.kind)):
        interface = routing.interfaces.get(one.interface) if one.zone.kind in OUTSIDE else None
        for address in routing.addresses(interface) if interface else ():
            if not address.is_link_local:
                return address
    return None
