"""Listen to nf_tables: each commit with what it touched, its process and its name. Nothing is sent."""

import errno
import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Self

from netaudit.collect.asking.deadline import start_thread
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.backlog import Backlog
from netaudit.model.observation import Commit, Process

_GROUP = 1 << (7 - 1)  # NFNLGRP_NFTABLES
_BUFFER = 64 << 20  # bytes; 100,000 rules in one commit are 50 MB of messages
_PATIENCE = 0.1  # seconds between two looks whether to stop
_LINGER = 5.0  # seconds for what is on its way when it is to stop; somebody may commit without a pause
_MOST = 256 << 20  # bytes of messages that are kept
# A process ends a tenth of a millisecond after its commit. So what a commit touched is read when there was no other for
# a while; where more than this waits to be read, at once.
_PAUSE = 20  # milliseconds
_WAITING = 8 << 20  # bytes
_GEN_ID, _GEN_PID, _GEN_NAME = 1, 2, 3


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
        self._backlog = Backlog()
        self._poll = select.poll()
        self._left = _MOST
        self._last: float | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None
        self._buffer = memoryview(bytearray(protocol.BUFFER))  # one for all: a new one each time costs 10 µs

    def __enter__(self) -> Self:
        try:
            self._socket = _open()
            self._socket.settimeout(self.patience)
            self._poll.register(self._socket, select.POLLIN)
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
            while self._backlog:
                self._read_some()

    def _advance(self) -> bool:
        """Take what has come, else read what waits to be read; tell whether nothing has come for a while."""
        if not self._backlog or self._poll.poll(0 if self._backlog.size > _WAITING else _PAUSE):
            return self._receive()
        while self._backlog and not self._poll.poll(0):
            self._read_some()
        return False

    def _read_some(self) -> None:
        if (commit := self._backlog.read()) is not None:
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
            self._take(self._buffer[: self._socket.recv_into(self._buffer)])
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

    def _take(self, data: memoryview) -> None:
        if told := protocol.read_generation(data):
            self._commit(*told)
            return
        self._left -= len(data)
        kept = bytes(data)
        self._backlog.add(kept)
        for message in protocol.find_generations(kept):  # among other messages: no kernel that is known does so
            self._commit(message.number(_GEN_ID), message.number(_GEN_PID), message.text(_GEN_NAME))

    def _commit(self, generation: int, pid: int, name: str) -> None:
        process = self._ask(pid, name)
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._backlog.close(Commit(generation, pid, name, (), at, process))


def _hurry() -> None:
    """Let this thread go before others, where the user may: who wrote a rule has soon ended, and cannot be asked.

    It sleeps until there is a commit, and its work is as much as the commit is. What it starts is not as urgent.
    """
    policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(threading.get_native_id(), policy, os.sched_param(1))


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
