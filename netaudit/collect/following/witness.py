"""A process of its own that hears of commits: it asks at once who wrote, whatever the watcher is busy with.

A thread would have to wait for the interpreter's lock while a look is worked out, and `iptables` has ended a moment
after its commit. It ends with its standard input. Each frame on its standard output is four bytes of length, and then
a commit, or why some may be missing; an empty one says that it listens.
"""

import os
import signal
import sys
from functools import partial

import msgspec

from netaudit.collect.kernel.process import ask_process, ended_process
from netaudit.collect.netlink.commits import CommitListener
from netaudit.collect.netlink.exits import Exits
from netaudit.model.observation import Commit, Process

LENGTH = 4  # bytes before each frame


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """One frame."""

    commit: Commit | None = None
    blind: str = ""


class _Witness(CommitListener):
    """A listener that hands over what it hears."""

    patience = 2.0  # seconds between two looks whether to stop: it listens for months

    def keep(self, commit: Commit) -> None:
        """Hand over a commit, with what was lost before it."""
        send(Heard(commit, self.blind))
        self.blind = ""
        self.forget_limits()


def send(heard: Heard) -> None:
    """Write a frame."""
    data = msgspec.msgpack.encode(heard)
    rest = memoryview(len(data).to_bytes(LENGTH, "big") + data)
    while rest:
        rest = rest[os.write(1, rest) :]


def ask(exits: Exits, pid: int, name: str) -> Process:
    """Return what /proc says of a process, or, where it has ended, what the kernel's accounting said of its end."""
    found = ask_process(pid, name)
    ended = None if found.user or found.parent else exits.find(pid)
    if ended is None or ended.name != name[: len(ended.name)]:
        return found
    return ended_process(pid, name, ended.user, ended.parent)


def main() -> None:
    """Listen until nobody listens to this process any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the watcher decides when it ends
    with Exits() as exits, _Witness(partial(ask, exits)) as witness:
        send(Heard(blind=witness.blind))
        witness.blind = ""
        os.read(0, 1)
    if witness.blind:
        send(Heard(blind=witness.blind))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(1)
