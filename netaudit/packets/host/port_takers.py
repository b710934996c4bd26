"""Who takes what arrives at a port of the host itself."""

from collections.abc import Iterable

from netaudit.model.host import Listener
from netaudit.packets.host.destinations import PROXY, family_of, is_wildcard

# Those that a rootless engine's published ports are held by: its containers are in a namespace of their own.
# Source: the port drivers that docs.docker.com/engine/security/rootless lists.
_INTO_NAMESPACES = frozenset({"rootlesskit", "slirp4netns", "pasta", "pasta.avx2"})


class Sockets:
    """The sockets of a host, by protocol and port."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._at: dict[tuple[str, int], list[Listener]] = {}
        for one in listeners:
            self._at.setdefault((one.protocol, one.port), []).append(one)

    def taking(self, protocol: str, address: str, port: int) -> tuple[Listener, ...]:
        """Find those that take packets to an address (a wildcard: to any of the host's) and port."""
        found = self._at.get((protocol, port), ())
        return tuple(one for one in found if is_wildcard(address) or _takes(one, address))


def is_proxied(found: tuple[Listener, ...]) -> bool:
    """Tell whether one of them is docker-proxy, or a program that could not be seen."""
    return any(PROXY in one.programs or not one.programs for one in found)


def leads_elsewhere(found: tuple[Listener, ...]) -> bool:
    """Tell whether one of them leads what it takes into another network namespace."""
    return any(not _INTO_NAMESPACES.isdisjoint(one.programs) for one in found)


def _takes(listener: Listener, address: str) -> bool:
    if listener.address == "*":
        return True
    if is_wildcard(listener.address):
        return family_of(listener.address) == family_of(address)
    return listener.address == address
