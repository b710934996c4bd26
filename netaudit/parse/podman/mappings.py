"""Single port bindings -> the ranges that Podman hands to netavark, and back."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from netaudit.model.docker import PortBinding
from netaudit.model.engines.kinds import PortMapping

_ANY = {"": ("0.0.0.0", "::")}  # noqa: S104 (as Docker writes it)
_MOST = 1 << 16


def merge_bindings(bindings: Iterable[PortBinding]) -> tuple[PortMapping, ...]:
    """Join bindings whose host ports and container ports follow each other, as Podman does before it publishes them.

    `podman inspect` shows an address of any family as 0.0.0.0: it is read as that.
    """
    merged: list[PortMapping] = []
    for one in sorted(bindings, key=lambda one: (one.host_ip, one.protocol, one.host_port, one.container_port)):
        last = merged[-1] if merged else None
        if last is not None and _follows(last, one):
            merged[-1] = replace(last, count=last.count + 1)
        else:
            host = "" if one.host_ip in _ANY[""] else one.host_ip
            merged.append(PortMapping(one.protocol, host, one.host_port, one.container_port))
    return tuple(merged)


def _follows(last: PortMapping, one: PortBinding) -> bool:
    host = "" if one.host_ip in _ANY[""] else one.host_ip
    same = (last.protocol, last.host_ip) == (one.protocol, host)
    ports = (last.host_port + last.count, last.container_port + last.count)
    return same and ports == (one.host_port, one.container_port)


def single_bindings(mappings: Iterable[PortMapping], families: frozenset[str]) -> Iterator[PortBinding]:
    """List each port of each range, for the address families that a container has addresses of."""
    for one in mappings:
        for host in _ANY.get(one.host_ip, (one.host_ip,)):
            if ("ip6" if ":" in host else "ip") in families:
                yield from (
                    PortBinding(one.protocol, host, one.host_port + at, one.container_port + at)
                    for at in range(min(one.count, _MOST))
                )
