"""The network namespace in which a rootless engine writes its rules, opened.

Whose process it is chose its own name, arguments and files: what is opened has to be a network namespace that belongs
to that user.
"""

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path

from netaudit.collect.asking.proc import PROC
from netaudit.collect.rootless.engines import NETWORK_FILE, RootlessEngine, Seen
from netaudit.model.engines.kinds import Engine

# Source: ioctl_ns(2), linux/nsfs.h, linux/sched.h.
_USER_NAMESPACE, _KIND, _OWNER = 0xB701, 0xB703, 0xB704
_NETWORK = 0x40000000
# Programs of an engine that are where its files and mounts are.
_AT_HOME = ("podman", "conmon")
_DETACHED = "dockerd-rootless/netns"  # of `rootlesskit --detach-netns`


@contextmanager
def opened(engines: Iterable[RootlessEngine], seen: tuple[Seen, ...]) -> Iterator[dict[str, str]]:
    """Give a path that leads to the namespace of each engine, by its name, as long as the block runs."""
    handles: dict[str, int] = {}
    try:
        for one in engines:
            handle = _open_first(one, places(one, seen))
            if handle is not None:
                handles[one.name] = handle
        yield {name: f"{PROC}/{os.getpid()}/fd/{handle}" for name, handle in handles.items()}
    finally:
        for handle in handles.values():
            os.close(handle)


def places(engine: RootlessEngine, seen: tuple[Seen, ...]) -> Iterator[str]:
    """List where the namespace may be, the surest first."""
    own = [one for one in seen if one.user == engine.user]
    if engine.engine is Engine.DOCKER:
        for one in own:
            if one.name == "dockerd":
                yield f"{PROC}/{one.pid}/ns/net"
                yield f"{PROC}/{one.pid}/root/run/user/{engine.user}/{_DETACHED}"
        return
    yield from (f"{PROC}/{one.pid}/ns/net" for one in own if one.name == "aardvark-dns")
    files = {word for one in own for word in one.arguments if NETWORK_FILE in word and word.startswith("/")}
    at_home = [one.pid for one in own if one.name.split()[:1] and one.name.split()[0] in _AT_HOME]
    yield from (f"{PROC}/{pid}/root{file}" for file in sorted(files) for pid in at_home)


def _open_first(engine: RootlessEngine, found: Iterable[str]) -> int | None:
    return next((handle for place in found if (handle := _open(place, engine.user)) is not None), None)


def _open(place: str, user: int) -> int | None:
    """Open a network namespace of a user; None where something else is there.

    Nothing else is ever opened: a user may name a device or a pipe, which would act on it.
    """
    with suppress(OSError):
        found = os.open(place, os.O_PATH | os.O_CLOEXEC)
        try:
            return _opened_namespace(found, user)
        finally:
            os.close(found)
    return None


def _opened_namespace(found: int, user: int) -> int | None:
    """Open what a handle stands for, if it is a network namespace of a user."""
    shown = os.fstat(found)
    if not stat.S_ISREG(shown.st_mode) or shown.st_dev != Path(PROC, "self/ns/net").stat().st_dev:
        return None
    handle = os.open(f"{PROC}/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC)
    with suppress(OSError):  # it is of another kind, or may not be asked
        if _is_network_of(handle, user):
            return handle
    os.close(handle)
    return None


def _is_network_of(handle: int, user: int) -> bool:
    """Tell whether a namespace is of the network, with a user for its owner. Raises OSError."""
    if ioctl(handle, _KIND) != _NETWORK:
        return False
    owner = ioctl(handle, _USER_NAMESPACE)
    try:
        told = bytearray(4)
        ioctl(owner, _OWNER, told)
        return int.from_bytes(told, sys.byteorder) == user
    finally:
        os.close(owner)
