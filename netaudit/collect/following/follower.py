"""All that announces changes on a host, joined: it wakes a watcher, and says what it heard between two looks."""

import os
import select
import socket
import threading
from contextlib import ExitStack
from time import monotonic
from typing import Self

from netaudit.collect.asking.deadline import start_thread
from netaudit.collect.asking.options import Where
from netaudit.collect.following.commits import CommitFollower
from netaudit.collect.following.engine import EngineFollower, PodmanFollower
from netaudit.collect.kernel.iptables import legacy_marks
from netaudit.collect.netlink.handles import ask_handles
from netaudit.collect.netlink.wakes import drain, open_audit, open_routes, replaced_tables
from netaudit.collect.podman.place import podman_beside
from netaudit.model.facts import Facts
from netaudit.model.observation import Handles, Observation, Replaced

_LOST = "the kernel told more of addresses or legacy tables at once than could be heard"


class Follower:
    """A context manager; `wait` returns when something has changed, `take` what was heard since the look before."""

    def __init__(self, where: Where) -> None:
        self._woken = threading.Event()
        self._commits = CommitFollower(self._woken.set)
        self._engines = [EngineFollower(where, self._woken.set)]
        if podman := podman_beside(where):
            self._engines.append(PodmanFollower(podman, self._woken.set))
        self._replaced: list[Replaced] = []
        self._lost = ""
        self._before: Handles | None = None
        self._generation: int | None = None
        self._legacy = legacy_marks()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self._commits)
            for engine in self._engines:
                stack.enter_context(engine)
            self._listen_to_others(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def wait(self, seconds: float) -> bool:
        """Wait until something wakes; tell whether something did. What was told before counts too."""
        woken = self._woken.wait(seconds)
        self._woken.clear()
        return woken

    def legacy_changed(self) -> bool:
        """Tell whether legacy tables are not as they were when this was last asked: no message announces that."""
        before, self._legacy = self._legacy, legacy_marks()
        return before != self._legacy

    def take(self, facts: Facts) -> Observation:
        """Return what was heard between the look before and this one, and keep the rest for the next."""
        commits, blind = self._commits.take(facts.generation)
        first, self._generation = self._generation, facts.generation
        before, self._before = self._before, ask_handles(facts.generation)
        told = tuple(one for one in commits if first is None or one.generation > first)
        replaced, self._replaced = tuple(self._replaced), []
        lost, self._lost = self._lost, ""
        events = tuple(event for engine in self._engines for event in engine.take())
        away = any(engine.is_away for engine in self._engines)
        return Observation(told, events, before, self._before, blind or lost, replaced, away)

    def _listen_to_others(self, stack: ExitStack) -> None:
        """Listen to routes and audit records at the side, until the end."""
        routes, audit = stack.enter_context(open_routes()), open_audit()
        if audit is not None:
            stack.enter_context(audit)
        ours, theirs = (stack.enter_context(one) for one in socket.socketpair())
        thread = start_thread(lambda: self._listen(routes, audit, theirs))
        stack.callback(thread.join)
        stack.callback(ours.send, b"\0")

    def _listen(self, routes: socket.socket, audit: socket.socket | None, end: socket.socket) -> None:
        poll = select.poll()
        for one in filter(None, (routes, audit, end)):
            poll.register(one, select.POLLIN)
        while True:
            ready = {handle for handle, _ in poll.poll()}
            if end.fileno() in ready:
                return
            try:
                drain(routes, lambda _: None)
                if audit is not None:
                    drain(audit, lambda data: self._replaced.extend(replaced_tables(data)))
            except OSError as error:
                self._lost = f"{_LOST}: {os.strerror(error.errno or 0)}"
            self._woken.set()


class Quiet:
    """Waits until nothing has wakened for a while, but never for longer than so many seconds in all."""

    def __init__(self, follower: Follower, quiet: float, longest: float) -> None:
        self._follower, self._quiet, self._longest = follower, quiet, longest

    def wait(self) -> None:
        """Wait."""
        end = monotonic() + self._longest
        while self._follower.wait(min(self._quiet, max(end - monotonic(), 0.0))):
            if monotonic() >= end:
                return
