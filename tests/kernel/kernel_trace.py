"""The kernel's own trace (NFT_MSG_TRACE, what `nft monitor trace` and `xtables-monitor --trace` print), read raw.

A packet's trace begins again in each base chain, with the packet's headers; its tag is in them.
"""

import socket
import struct
from collections.abc import Iterator

import msgspec

from kernel.frames import Seen, seen
from kernel.world import within

_NETFILTER, _GROUP_TRACE, _MESSAGE_TRACE = 12, 9, 10 << 8 | 17
_TABLE, _CHAIN, _HANDLE, _TYPE, _VERDICT, _ID, _LINK, _NETWORK, _TRANSPORT = range(1, 10)
_POLICY = 16
_TYPE_POLICY = 1
_VERDICTS = {0: "drop", 1: "accept", 3: "queue", -1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return"}
_FAMILIES = {1: "inet", 2: "ip", 7: "bridge", 10: "ip6"}
_RECEIVE_BUFFER_FORCE = 33


class Event(msgspec.Struct, frozen=True):
    """A rule, or the policy, that a packet met; `handle` is None for a policy."""

    family: str
    table: str
    chain: str
    handle: int | None
    verdict: str


class KernelTrace:
    """Listens in the host's namespace; what is too much at once is an OSError (ENOBUFS)."""

    def __init__(self, pid: int) -> None:
        self._socket = within(pid, _listen)
        self._tags: dict[int, Seen] = {}

    def read(self) -> Iterator[tuple[Seen, Event | None]]:
        """Give what has happened since: events with the packet as that base chain saw it."""
        while True:
            try:
                data = self._socket.recv(1 << 20)
            except BlockingIOError:
                return
            for attributes, family in _messages(data):
                yield from self._event(attributes, family)

    def _event(self, attributes: dict[int, bytes], family: int) -> Iterator[tuple[Seen, Event | None]]:
        identity = int.from_bytes(attributes.get(_ID, b""), "big")
        if _NETWORK in attributes:
            found = seen(attributes[_NETWORK] + attributes.get(_TRANSPORT, b""))
            if found is not None:
                self._tags[identity] = found
        packet = self._tags.get(identity)
        if packet is not None:
            yield packet, _read(attributes, family)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def _read(attributes: dict[int, bytes], family: int) -> Event | None:
    kind = int.from_bytes(attributes[_TYPE], "big")
    handle = int.from_bytes(attributes[_HANDLE], "big") if _HANDLE in attributes else None
    if kind != _TYPE_POLICY and handle is None:
        return None  # the end of a chain
    table, chain = (attributes[at].rstrip(b"\0").decode() for at in (_TABLE, _CHAIN))
    if kind == _TYPE_POLICY:
        verdict = _VERDICTS[int.from_bytes(attributes[_POLICY], "big", signed=True)]
        return Event(_FAMILIES[family], table, chain, None, verdict)
    inner = dict(_attributes(attributes[_VERDICT]))
    word = _VERDICTS[int.from_bytes(inner[1], "big", signed=True)]
    target = f" {inner[2].rstrip(bytes(1)).decode()}" if 2 in inner else ""
    return Event(_FAMILIES[family], table, chain, handle, word + target)


def _listen() -> socket.socket:
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER)
    made.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, 1 << 26)
    made.bind((0, 1 << (_GROUP_TRACE - 1)))
    made.settimeout(0)
    return made


def _messages(data: bytes) -> Iterator[tuple[dict[int, bytes], int]]:
    at = 0
    while at + 16 <= len(data):
        size, kind = struct.unpack_from("=IH", data, at)
        if kind == _MESSAGE_TRACE:
            yield dict(_attributes(data[at + 20 : at + size])), data[at + 16]
        at += (size + 3) & ~3 or len(data)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        yield kind & 0x3FFF, data[at + 4 : at + size]
        at += (size + 3) & ~3 or len(data)
