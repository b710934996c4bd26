"""What a command changes around the rules: addresses, routes, switches."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from netaudit.model.host import Host, Route


class HostPart(StrEnum):
    """What is changed."""

    ADDRESS = "address"
    ROUTE = "route"
    SWITCH = "sysctl"


class HostChange(msgspec.Struct, frozen=True):
    """A part of the host with its text before and after; "" where it was not there, or is gone."""

    part: HostPart
    before: str
    after: str


def changed_surroundings(before: Host, after: Host) -> tuple[HostChange, ...]:
    """Return what differs, sorted."""
    return (
        *_sets(HostPart.ADDRESS, _addresses(before), _addresses(after)),
        *_sets(HostPart.ROUTE, map(_route, before.routes), map(_route, after.routes)),
        *_switches(_lasting(before, after), _lasting(after, before)),
    )


def _sets(part: HostPart, before: Iterable[str], after: Iterable[str]) -> Iterator[HostChange]:
    old, new = frozenset(before), frozenset(after)
    yield from (HostChange(part, text, "") for text in sorted(old - new))
    yield from (HostChange(part, "", text) for text in sorted(new - old))


def _lasting(host: Host, other: Host) -> dict[str, str]:
    """Return the switches of interfaces that stay: the others come and go with their interfaces."""
    passing = {one.name for one in host.interfaces} ^ {one.name for one in other.interfaces}
    return {name: value for name, value in host.sysctls if passing.isdisjoint(_interface(name))}


def _interface(switch: str) -> tuple[str, ...]:
    """Return the interface that a switch is of: `net.ipv4.conf.eth0/100.forwarding`."""
    parts = switch.split(".")
    return (parts[3].replace("/", "."),) if len(parts) == 5 and parts[2] == "conf" else ()


def _switches(before: dict[str, str], after: dict[str, str]) -> Iterator[HostChange]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield HostChange(HostPart.SWITCH, _switch(name, old), _switch(name, new))


def _switch(name: str, value: str | None) -> str:
    return "" if value is None else f"{name} = {value}"


def _addresses(host: Host) -> Iterator[str]:
    return (f"{address} on {one.name}" for one in host.interfaces for address in one.addresses)


def _route(one: Route) -> str:
    """Write a route as ip(8) does."""
    kind = "" if one.kind == "unicast" else f"{one.kind} "
    ways = [(("via", hop.gateway), ("dev", hop.interface)) for hop in one.hops]
    hops = "".join(f" {word} {value}" for way in ways for word, value in way if value)
    table = "" if one.table == "main" else f" table {one.table}"
    metric = f" metric {one.metric}" if one.metric else ""
    return f"{kind}{one.destination}{hops}{table}{metric}"
