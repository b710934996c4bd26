"""Processes that have ended: whose they were, and what had started them, by the kernel's accounting (taskstats).

`iptables` has often ended before /proc can be asked about it. The kernel announces each process that ends, before it is
gone from /proc; a filter in the kernel lets through what is called as programs that write rules are, so that all other
processes of a host cost nothing. Nothing is switched on: the kernel makes these records while somebody listens. It
tells the host's own network namespace alone. Source: Documentation/accounting/taskstats.rst, linux/taskstats.h.
"""

import ctypes
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec

from netaudit.collect.netlink import protocol

_GENERIC = 16  # NETLINK_GENERIC
_CONTROLLER, _GET_FAMILY, _FAMILY_ID, _FAMILY_NAME = 16, 3, 1, 2
_GET, _REGISTER_CPUS = 1, 3  # TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK
_OF_PROCESS, _STATS = 4, 3  # TASKSTATS_TYPE_AGGR_PID, TASKSTATS_TYPE_STATS
_NAME, _NUMBERS = slice(80, 112), struct.Struct("=4I")  # in struct taskstats: ac_comm; ac_uid, ac_gid, ac_pid, ac_ppid
_NUMBERS_AT = 120
_NAME_IN_MESSAGE = 36 + _NAME.start  # behind the headers of message and attributes
_WRITERS = (b"ip", b"nf", b"xt", b"eb", b"ar")  # iptables, ip6tables, nft, xtables-…, ebtables, arptables
_HEADER, _GENERAL = struct.Struct("=IHHII"), struct.Struct("=BBH")
_ANSWER, _ERROR = 1 << 16, 2  # NLMSG_ERROR: an answer, 0 where nothing was wrong
_BUFFER = 4 << 20  # bytes: some 3,000 records
_KEPT = 4096
_PATIENCE = 1.0  # seconds for the answers of the kernel
_FORCE_BUFFER, _ATTACH_FILTER = 33, 26  # SO_RCVBUFFORCE, SO_ATTACH_FILTER
_LOAD_HALF, _IF_EQUAL, _RETURN = 0x28, 0x15, 0x06  # of the kernel's classic packet filter


class Ended(msgspec.Struct, frozen=True):
    """A process that has ended: its name, its user's number, and its parent's number."""

    name: str
    user: int
    parent: int


class Exits:
    """A context manager: hears of processes that end, where it may; elsewhere it knows of none."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._ended: dict[int, Ended] = {}

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._socket = _open()
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket:
            self._socket.close()

    @property
    def listens(self) -> bool:
        """Whether the kernel was asked to tell, and did not refuse."""
        return self._socket is not None

    def take(self, data: bytes) -> None:
        """Remember the processes of a message."""
        self._ended.update(_read(memoryview(data)))

    def find(self, pid: int) -> Ended | None:
        """Return a process that has ended."""
        while data := self._receive():
            self.take(data)
        while len(self._ended) > _KEPT:
            del self._ended[next(iter(self._ended))]
        return self._ended.get(pid)

    def _receive(self) -> bytes:
        """Return a message that has come; b"" for no more."""
        for _ in range(2):
            try:
                return self._socket.recv(_ANSWER) if self._socket else b""
            except BlockingIOError:
                return b""
            except OSError:  # ENOBUFS, once: some were lost, and those that were not are still there
                continue
        return b""


def _read(data: memoryview) -> dict[int, Ended]:
    found: dict[int, Ended] = {}
    for _, body in protocol.split_messages(data):
        outer = dict(protocol.read_attributes(body[_GENERAL.size :]))
        inner = dict(protocol.read_attributes(memoryview(outer.get(_OF_PROCESS, b""))))
        stats = inner.get(_STATS, b"")
        if len(stats) >= _NUMBERS_AT + _NUMBERS.size:
            user, _, pid, parent = _NUMBERS.unpack_from(stats, _NUMBERS_AT)
            found[pid] = Ended(stats[_NAME].partition(b"\0")[0].decode(errors="replace"), user, parent)
    return found


def _open() -> socket.socket:
    """Ask to be told of processes that end, on all processors. Raises OSError."""
    connection = protocol.connect(protocol=_GENERIC)
    try:
        connection.settimeout(_PATIENCE)
        _ask(connection, _CONTROLLER, _GET_FAMILY, protocol.attribute(_FAMILY_NAME, b"TASKSTATS\0"))
        family = _number_of_family(_answer(connection))
        _answer(connection)  # that it was understood
        connection.setsockopt(socket.SOL_SOCKET, _FORCE_BUFFER, _BUFFER)
        processors = Path("/sys/devices/system/cpu/possible").read_bytes().strip()
        _ask(connection, family, _GET, protocol.attribute(_REGISTER_CPUS, processors + b"\0"))
        _answer(connection)
        _let_through(connection)
        connection.settimeout(0)
    except BaseException:
        connection.close()
        raise
    return connection


def _ask(connection: socket.socket, kind: int, command: int, attributes: bytes) -> None:
    body = _GENERAL.pack(command, 1, 0) + attributes
    flags = 0x1 | 0x4  # NLM_F_REQUEST, NLM_F_ACK
    connection.sendall(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)


def _answer(connection: socket.socket) -> memoryview:
    """Return the body of an answer. Raises OSError for one that refuses."""
    for kind, body in protocol.split_messages(connection.recv(_ANSWER)):
        refused = -int.from_bytes(body[:4], sys.byteorder, signed=True) if kind == _ERROR else 0
        if refused:
            raise OSError(refused, os.strerror(refused))
        return body
    raise OSError("the kernel gave no answer")


def _number_of_family(body: memoryview) -> int:
    found = dict(protocol.read_attributes(body[_GENERAL.size :])).get(_FAMILY_ID)
    if found is None:
        raise OSError("this kernel has no taskstats")
    return int(struct.unpack("=H", found)[0])


def _let_through(connection: socket.socket) -> None:
    """Let the kernel drop the records of all processes but of those that are called as writers of rules are."""
    steps = [(_LOAD_HALF, 0, 0, _NAME_IN_MESSAGE)]
    last = len(_WRITERS)
    steps += [(_IF_EQUAL, last - at, 0, int.from_bytes(name, "big")) for at, name in enumerate(_WRITERS)]
    steps += [(_RETURN, 0, 0, 0), (_RETURN, 0, 0, _ANSWER)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    connection.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", len(steps), ctypes.addressof(program)))
