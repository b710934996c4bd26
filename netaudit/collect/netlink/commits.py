"""Listen to nf_tables: each commit with what it touched, its process and its name. Nothing is sent."""

import errno
import os
import select
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Self

from msgspec.structs import replace

from netaudit.collect.asking.deadline import start_thread
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.protocol import Message
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.observation import Action, Commit, ObjectEvent, Process

_GROUP = 1 << (7 - 1)  # NFNLGRP_NFTABLES
_BUFFER = 64 << 20  # bytes; 100,000 rules in one commit are 50 MB of messages
_PATIENCE = 0.1  # seconds between two looks whether to stop
_LINGER = 5.0  # seconds for what is on its way when it is to stop; somebody may commit without a pause
_MOST = 1_000_000  # touched objects that are kept
_AT_A_TIME = 16  # touched objects that are read between two looks whether there is another commit
_GEN_ID, _GEN_PID, _GEN_NAME = 1, 2, 3
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
# Message -> what it says of which object, and the numbers of its attributes for the object's name and handle.
_TOUCHES: dict[int, tuple[Action, ObjectKind, int, int]] = {
    3: (Action.MADE, ObjectKind.CHAIN, 3, 0),
    5: (Action.DELETED, ObjectKind.CHAIN, 3, 0),
    protocol.NFT_NEWRULE: (Action.MADE, ObjectKind.RULE, 2, 3),
    protocol.NFT_DELRULE: (Action.DELETED, ObjectKind.RULE, 2, 3),
    9: (Action.MADE, ObjectKind.SET, 2, 0),
    11: (Action.DELETED, ObjectKind.SET, 2, 0),
    12: (Action.MADE, ObjectKind.SET, 2, 0),  # an element
    14: (Action.DELETED, ObjectKind.SET, 2, 0),
}


class CommitListener:
    """A context manager: a thread that listens; `commits` and `blind` are to be read when it has ended.

    `ask` finds out about the process of a commit, by its number and name, before anything else is done with it: what it
    touched is read when no other commit waits, for the next process may end as soon.
    """

    patience = _PATIENCE

    def __init__(self, ask: Callable[[int, str], Process | None] = lambda *_: None) -> None:
        self._ask = ask
        self.commits: list[Commit] = []
        self.blind = ""
        self._touched: list[tuple[int, bytes]] = []
        self._unread: deque[_Unread] = deque()
        self._left = _MOST
        self._last: float | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        try:
            self._socket = _open()
            self._socket.settimeout(self.patience)
            self._thread = start_thread(self._listen)
        except OSError as error:
            self.blind = f"nf_tables may not be listened to: {error.strerror or error}"
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()
        if self._socket:
            self._socket.close()

    def _listen(self) -> None:
        """Receive until the end is asked for, and then what is still there."""
        _hurry()
        try:
            while not self._advance() or not self._ended.is_set():
                if self._is_too_much():
                    self.blind = "the kernel told more than is kept"
                    return
        except OSError as error:
            self.blind = f"nf_tables could no longer be listened to: {error.strerror}"
        finally:
            while self._unread:
                self._read_some()

    def _advance(self) -> bool:
        """Take what has come, else read what waits to be read; tell whether nothing has come for a while."""
        if not self._unread or self._has_word():
            return self._receive()
        self._read_some()
        return False

    def _has_word(self) -> bool:
        assert self._socket  # noqa: S101 (the thread starts with it)
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def _read_some(self) -> None:
        """Read some of what the oldest commit touched, and keep it when that was all."""
        if (commit := self._unread[0].read()) is not None:
            self._unread.popleft()
            self.keep(commit)

    def _is_too_much(self) -> bool:
        """Tell whether more comes than is kept, or it goes on although it is to end."""
        if self._ended.is_set() and self._last is None:
            self._last = monotonic() + _LINGER
        return self._left < 0 or (self._last is not None and monotonic() > self._last)

    def _receive(self) -> bool:
        """Take what has come; tell whether nothing had."""
        assert self._socket  # noqa: S101 (the thread starts with it)
        try:
            for kind, body in protocol.receive_bodies(self._socket):
                self._take(kind, body)
        except TimeoutError:
            return True
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            self.blind = "the kernel told more at once than could be heard"
        return False

    def keep(self, commit: Commit) -> None:
        """Keep a commit, as soon as the kernel has told of it."""
        self.commits.append(commit)

    def forget_limits(self) -> None:
        """Count from the beginning how much is kept: what was kept has been handed over."""
        self._left = _MOST

    def _take(self, kind: int, body: memoryview) -> None:
        self._left -= 1
        if kind == protocol.NFT_NEWGEN:
            message = protocol.read_message(kind, body)
            numbers, name = (message.number(_GEN_ID), message.number(_GEN_PID)), message.text(_GEN_NAME)
            process = self._ask(numbers[1], name)
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._unread.append(_Unread(Commit(*numbers, name, (), at, process), self._touched))
            self._touched = []
        elif kind in _TOUCHES:
            self._touched.append((kind, bytes(body)))


class _Unread:
    """A commit of which it has not been read yet what it touched."""

    def __init__(self, commit: Commit, touched: list[tuple[int, bytes]]) -> None:
        self._commit, self._touched = commit, touched
        self._events: list[ObjectEvent] = []

    def read(self) -> Commit | None:
        """Read some; return the commit when all is read."""
        begin = len(self._events)
        some = self._touched[begin : begin + _AT_A_TIME]
        self._events += [_event(protocol.read_message(*one)) for one in some]
        whole = len(self._events) == len(self._touched)
        return replace(self._commit, touched=tuple(self._events)) if whole else None


def _hurry() -> None:
    """Let this thread go before others, where the user may: who wrote a rule has soon ended, and cannot be asked.

    It sleeps until there is a commit, and its work is as much as the commit is. What it starts is not as urgent.
    """
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(threading.get_native_id(), policy, os.sched_param(1))


def _event(message: Message) -> ObjectEvent:
    deed, kind, name, handle = _TOUCHES[message.kind]
    place = (family_name(message.family), message.text(1), message.text(name))
    return ObjectEvent(deed, kind, place, message.number(handle))


def _open() -> socket.socket:
    if not is_there("nf_tables"):
        raise OSError(errno.ENOENT, "it is not in the kernel yet")
    connection = protocol.connect(groups=_GROUP)
    _force_buffer(connection.setsockopt)
    return connection


def _force_buffer(set_option: Callable[[int, int, int], None]) -> None:
    try:
        set_option(socket.SOL_SOCKET, 33, _BUFFER)  # SO_RCVBUFFORCE
    except PermissionError:  # inside a user namespace: then the usual size has to do
        set_option(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def family_name(number: int) -> str:
    """Name an address family as nft does."""
    return _FAMILIES.get(number, str(number))
