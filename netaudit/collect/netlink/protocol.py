"""Talk to nf_tables as nft does (nfnetlink), for what nft does not print: only questions are sent."""

import socket
import struct
from collections.abc import Iterator, Mapping

import msgspec

NFT_NEWTABLE, NFT_GETTABLE = 0, 1
NFT_NEWCHAIN, NFT_GETCHAIN = 3, 4
NFT_NEWRULE, NFT_GETRULE, NFT_DELRULE = 6, 7, 8
NFT_NEWGEN, NFT_GETGEN = 15, 16
_CONTROL = 0x100  # nf_tables' own kinds are below it: what every netlink has is told apart from them
ERROR, DONE = _CONTROL | 2, _CONTROL | 3  # NLMSG_ERROR, NLMSG_DONE
_NETLINK_NETFILTER = 12
_NFT = 10 << 8  # NFNL_SUBSYS_NFTABLES
_REQUEST, _DUMP = 0x1, 0x300  # NLM_F_REQUEST, NLM_F_DUMP
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_GENERAL = struct.Struct("=BBH")  # struct nfgenmsg: family, version, resource
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
_TYPE_BITS = 0x3FFF  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
# A datagram with a new generation alone, up to its name: nlmsghdr, nfgenmsg, three attributes.
_GENERATION = struct.Struct("=IHHIIBBHHH4sHH4sHH")
_NEWGEN = struct.pack("=H", _NFT | NFT_NEWGEN)  # as the kind in a header
_GENERATION_FORM = (8, 1, 8, 2, 3)  # lengths and types of its attributes, of the name only the type
BUFFER = 1 << 20  # bytes; no datagram is longer
_LISTS = frozenset({NFT_GETTABLE, NFT_GETCHAIN, NFT_GETRULE})  # questions for all objects of a kind
BEFORE_ATTRIBUTES = _GENERAL.size  # bytes of a message's body


class Message(msgspec.Struct, frozen=True):
    """One message: its kind (`NFT_…` or ERROR, DONE), its address family's number, and its attributes by number."""

    kind: int
    family: int
    attributes: Mapping[int, bytes]

    def number(self, attribute: int) -> int:
        """Read an attribute as the number that it is, of any size; 0 where it is not there."""
        return int.from_bytes(self.attributes.get(attribute, b""), "big")

    def text(self, attribute: int) -> str:
        """Read an attribute as text."""
        return self.attributes.get(attribute, b"").rstrip(b"\0").decode(errors="replace")


def connect(*, groups: int = 0, protocol: int = _NETLINK_NETFILTER) -> socket.socket:
    """Open a socket to nf_tables, or to another protocol of netlink. Raises OSError.

    `groups` is the mask of what to listen to.
    """
    connection = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    try:
        connection.bind((0, groups))
    except BaseException:
        connection.close()
        raise
    return connection


def ask(connection: socket.socket, kind: int, family: int = 0, attributes: bytes = b"") -> None:
    """Send a question, of all families where none is named."""
    flags = _REQUEST | (_DUMP if kind in _LISTS else 0)
    body = _GENERAL.pack(family, 0, 0) + attributes
    connection.sendall(_HEADER.pack(_HEADER.size + len(body), _NFT | kind, flags, 1, 0) + body)


def attribute(kind: int, value: bytes) -> bytes:
    """Write an attribute, as questions and answers have it."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value.ljust(_aligned(length) - _ATTRIBUTE.size, b"\0")


def receive(connection: socket.socket) -> Iterator[Message]:
    """Receive some messages. Raises OSError: ENOBUFS where some were lost, TimeoutError where none came."""
    for kind, body in receive_bodies(connection):
        yield read_message(kind, body)


def read_message(kind: int, body: bytes | memoryview) -> Message:
    """Read a message's family and attributes."""
    is_whole = kind < _CONTROL and len(body) >= _GENERAL.size
    return (
        Message(kind, body[0], dict(read_attributes(memoryview(body)[_GENERAL.size :])))
        if is_whole
        else Message(kind, 0, {})
    )


def receive_bodies(connection: socket.socket) -> Iterator[tuple[int, memoryview]]:
    """Receive some messages as they are: each one's kind, and what is behind its header. Raises OSError."""
    return read_bodies(memoryview(connection.recv(BUFFER)))


def read_bodies(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Take a datagram apart, as `receive_bodies` does."""
    for kind, body in split_messages(data):
        yield kind & 0xFF if kind >= _NFT else _CONTROL | kind, body


def find_generations(data: bytes) -> Iterator[Message]:
    """Find messages of a new generation among others, quickly where there is none."""
    if _NEWGEN in data:
        for kind, body in read_bodies(memoryview(data)):
            if kind == NFT_NEWGEN:
                yield read_message(kind, body)


def read_generation(data: memoryview) -> tuple[int, int, str] | None:
    """Read a datagram that announces a new generation and nothing else: its number, and who made it.

    This is quick, for that process ends a tenth of a millisecond later. None for any other datagram.
    """
    if len(data) < _GENERATION.size:
        return None
    length, kind, *_, size, first, number, size_of_pid, second, pid, size_of_name, third = _GENERATION.unpack_from(data)
    form = (size, first, size_of_pid, second, third)
    if kind != _NFT | NFT_NEWGEN or length != len(data) or form != _GENERATION_FORM:
        return None
    name = bytes(data[_GENERATION.size : _GENERATION.size + size_of_name - _ATTRIBUTE.size])
    return int.from_bytes(number, "big"), int.from_bytes(pid, "big"), name.rstrip(b"\0").decode(errors="replace")


def split_messages(data: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Take messages of netlink apart: the kind that each one's header has, and what is behind it."""
    view = memoryview(data)
    at, end = 0, len(view) - _HEADER.size
    while at <= end:
        length, kind, *_ = _HEADER.unpack_from(view, at)
        if length < _HEADER.size:
            return
        yield kind, view[at + _HEADER.size : at + length]
        at += _aligned(length)


def read_attributes(data: memoryview) -> Iterator[tuple[int, bytes]]:
    """Take attributes apart: the number and the value of each."""
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if length < _ATTRIBUTE.size:
            return
        yield kind & _TYPE_BITS, bytes(data[_ATTRIBUTE.size : length])
        data = data[_aligned(length) :]


def _aligned(length: int) -> int:
    return (length + 3) & ~3
