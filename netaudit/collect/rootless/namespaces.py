"""The network namespace in which a rootless engine writes its rules, opened.

Whose process it is chose its own name, arguments and files: what is opened has to be a network namespace that belongs
to that user.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl

from netaudit.collect.docker.proc import PROC
from netaudit.collect.rootless.engines import RootlessEngine, Seen
from netaudit.model.engines.kinds import Engine

# Source: ioctl_ns(2), linux/nsfs.h, linux/sched.h.
_USER_NAMESPACE, _KIND, _OWNER = 0xB701, 0xB703, 0xB704
_NETWORK = 0x40000000
# Programs of an engine that are where its files and mounts are.
_AT_HOME = ("podman", "conmon")
_PODMANS = "rootless-netns"  # part of the name of the file at which Podman keeps it
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
    files = {word for one in own for word in one.arguments if _PODMANS in word and word.startswith("/")}
    at_home = [one.pid for one in own if one.name.split()[:1] and one.name.split()[0] in _AT_HOME]
    yield from (f"{PROC}/{pid}/root{file}" for file in sorted(files) for pid in at_home)


def _open_first(engine: RootlessEngine, found: Iterable[str]) -> int | None:
    for place in found:
        with suppress(OSError):
            handle = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            if _is_network_of(handle, engine.user):
                return handle
            os.close(handle)
    return None


def _is_network_of(handle: int, user: int) -> bool:
    """Tell whether an open file is a network namespace whose owner is a user."""
    try:
        if ioctl(handle, _KIND) != _NETWORK:
            return False
        owner = ioctl(handle, _USER_NAMESPACE)
    except OSError:  # it is no namespace, or may not be asked
        return False
    try:
        told = bytearray(4)
        ioctl(owner, _OWNER, told)
        return int.from_bytes(told, "little") == user
    finally:
        os.close(owner)
