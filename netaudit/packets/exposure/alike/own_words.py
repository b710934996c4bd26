"""The words of a rule's text that are one container's own: its addresses and its host ports.

-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT       of web, at 172.17.0.2
-A DOCKER -d <A0> ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT                the rule's shape
"""

import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from netaudit.model.docker import Container
from netaudit.packets.host.destinations import written

# The words behind which rules name what is a container's own; a name elsewhere is everybody's to ask for.
_ASKED = re.compile(r"((?: -d| -s| --dport| --to-destination| daddr| saddr| dport| to) )(\S+)")

_OF_PORT = frozenset({" --dport ", " dport "})


class Own(msgspec.Struct, frozen=True):
    """A container's addresses, of its endpoints in order, and its host ports, each once, in order."""

    addresses: tuple[str, ...]
    ports: tuple[int, ...]


class OwnedRule(msgspec.Struct, frozen=True, gc=False):
    """Whose a rule is, by the container's id, and its text with what is the container's own masked."""

    owner: str
    shape: str


def own_of(container: Container) -> Own:
    """Return what is a container's own."""
    found = (one for end in container.endpoints for one in (end.ipv4, end.ipv6) if one)
    addresses = (written(one) for one in found)
    ports = (one.host_port for one in container.bindings if one.host_port)
    return Own(tuple(dict.fromkeys(addresses)), tuple(dict.fromkeys(ports)))


class OwnWords:
    """Tells whose rules are, of containers that share neither an address nor a host port with another."""

    def __init__(self, containers: Iterable[Container]) -> None:
        found = {one.id: own_of(one) for one in containers if one.running}
        shared = Counter(word for own in found.values() for word in (*own.addresses, *own.ports))
        self.own = {
            name: own for name, own in found.items() if all(shared[word] == 1 for word in (*own.addresses, *own.ports))
        }
        self._addresses: dict[str, tuple[str, str]] = {}
        self._ports: dict[str, tuple[str, str]] = {}
        for name, own in self.own.items():
            self._add(name, own)

    def _add(self, name: str, own: Own) -> None:
        for at, address in enumerate(own.addresses):
            mark = name, f"<A{at}>"
            length = 128 if ":" in address else 32
            for word in (address, f"{address}/{length}", f"[{address}]"):
                self._addresses[word] = mark
        for at, port in enumerate(own.ports):
            self._ports[str(port)] = name, f"<P{at}>"

    def read(self, text: str) -> OwnedRule | None:
        """Read a rule's text; None for a rule that is no container's, or that names several."""
        parts = _ASKED.split(text)
        ends: list[int] = []
        ports: list[int] = []
        for at in range(2, len(parts), 3):
            word = parts[at]
            if word in self._addresses or (":" in word and word.rpartition(":")[0] in self._addresses):
                ends.append(at)
            elif word in self._ports and parts[at - 1] in _OF_PORT:
                ports.append(at)
        owners = {self._owner(parts[at]) for at in ends} or {self._ports[parts[at]][0] for at in ports}
        if len(owners) != 1:
            return None
        owner = owners.pop()
        for at in ends:
            parts[at] = self._masked(parts[at], owner)
        for at in ports:
            parts[at] = self._port_of(owner, parts[at])
        return OwnedRule(owner, "".join(parts))

    def _owner(self, word: str) -> str:
        return (self._addresses.get(word) or self._addresses[word.rpartition(":")[0]])[0]

    def _masked(self, word: str, owner: str) -> str:
        if word in self._addresses:
            return self._addresses[word][1]
        address, _, port = word.rpartition(":")
        return f"{self._addresses[address][1]}:{self._port_of(owner, port)}"

    def _port_of(self, owner: str, port: str) -> str:
        """Mask a port that is the owner's own; another's stays what it is."""
        known = self._ports.get(port)
        return known[1] if known and known[0] == owner else port
