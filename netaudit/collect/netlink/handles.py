"""Ask nf_tables for the handles of rules: the names that the kernel has for them.

Each chain is asked for by itself. The kernel writes a long answer in parts of 32 KiB, and begins each part by walking
over all rules that are in the earlier ones: of all rules at once that is quadratic in all rules of the host.
"""

import socket
import struct
from collections.abc import Collection, Iterator
from time import monotonic

import msgspec

from netaudit.collect.asking.audit_log import announce
from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.backlog import family_name
from netaudit.collect.netlink.generation import ask_generation
from netaudit.model.observation import Handles, Place

_TABLE, _CHAIN = 1, 2  # of a rule; its handle is behind them
_CHAIN_NAME = 3  # of a chain
_PATIENCE = 30.0  # seconds without a word
_LONGEST = 120.0  # seconds for all; 100,000 rules take about one
_MOST = 2_000_000  # handles
_NUMBER = struct.Struct(">Q")
_ATTRIBUTE_HEADER = 4  # bytes


def ask_handles(generation: int | None, places: Collection[Place] | None = None) -> Handles | None:
    """Return each chain's handles in the order of its rules; of `places` only, where they are given.

    None where they cannot be had, or the ruleset is no longer of that generation.
    """
    if generation is None:
        return None
    announce("ask", "netlink NFT_MSG_GETRULE")
    try:
        with protocol.connect() as connection:
            connection.settimeout(_PATIENCE)
            handles = _Reading(connection).handles(places)
    except OSError:
        return None
    return handles if ask_generation() == generation else None


class _Chain(msgspec.Struct, frozen=True):
    """A chain as questions name it, by its family's number and two attributes."""

    family: int
    table: str
    name: str

    @property
    def place(self) -> Place:
        return family_name(self.family), self.table, self.name

    @property
    def attributes(self) -> bytes:
        """Write its name as a rule has it, too: in front of the handle."""
        named = ((_TABLE, self.table), (_CHAIN, self.name))
        return b"".join(protocol.attribute(kind, text.encode() + b"\0") for kind, text in named)


class _Reading:
    """Asks within bounds. Raises TimeoutError where the kernel tells without an end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._end, self._left = connection, monotonic() + _LONGEST, _MOST

    def handles(self, places: Collection[Place] | None) -> Handles:
        found = (chain for chain in self._chains() if places is None or chain.place in places)
        return {chain.place: handles for chain in found if (handles := tuple(self._of_chain(chain)))}

    def _chains(self) -> list[_Chain]:
        protocol.ask(self._connection, protocol.NFT_GETCHAIN)
        chains: list[_Chain] = []
        while True:
            for message in protocol.receive(self._connection):
                if message.kind in (protocol.DONE, protocol.ERROR):
                    return chains
                self._count()
                chains.append(_Chain(message.family, message.text(_TABLE), message.text(_CHAIN_NAME)))

    def _of_chain(self, chain: _Chain) -> Iterator[int]:
        """Give the handles of a chain's rules; of other chains a kernel may tell that does not know the question."""
        prefix = chain.attributes
        names = slice(protocol.BEFORE_ATTRIBUTES, protocol.BEFORE_ATTRIBUTES + len(prefix))
        protocol.ask(self._connection, protocol.NFT_GETRULE, chain.family, prefix)
        while True:
            for kind, body in protocol.receive_bodies(self._connection):
                if kind in (protocol.DONE, protocol.ERROR):
                    return
                self._count()
                if body[names] == prefix and body[0] == chain.family:
                    yield _NUMBER.unpack_from(body, names.stop + _ATTRIBUTE_HEADER)[0]

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0 or monotonic() > self._end:
            raise TimeoutError
