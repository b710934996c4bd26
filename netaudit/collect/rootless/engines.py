"""Find rootless engines by the programs that join their containers to this host's network.

Docker: rootlesskit, with slirp4netns or pasta as its children. Podman: pasta, slirp4netns.
Source: docs.docker.com/engine/security/rootless, podman-run(1), `--network`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.proc import PROC, Process
from netaudit.model.engines.kinds import Engine
from netaudit.model.engines.rootless import rootless_name

_ROOTLESSKIT = "rootlesskit"
_JOINING = frozenset({_ROOTLESSKIT, "pasta", "pasta.avx2", "slirp4netns"})  # passt is for virtual machines
_PODMANS = frozenset({"podman", "conmon", "rootlessport"})  # programs that a rootless Podman runs beside them
NETWORK_FILE = "rootless-netns"  # part of the name of the file at which Podman keeps its network namespace
_SOCKETS = {Engine.DOCKER: "docker.sock", Engine.PODMAN: "podman/podman.sock"}


class Seen(msgspec.Struct, frozen=True):
    """A process of a user other than root, as this host sees it."""

    pid: int
    parent: int
    user: int
    name: str
    arguments: tuple[str, ...]
    network: str  # its namespace, as /proc names it


class RootlessEngine(msgspec.Struct, frozen=True):
    """An engine of a user's, and the programs by which it was found."""

    engine: Engine
    user: int
    programs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name it as a recording does."""
        return rootless_name(self.engine, self.user)

    @property
    def socket(self) -> str:
        """Return where its API is, as both programs choose the place."""
        return f"/run/user/{self.user}/{_SOCKETS[self.engine]}"


class Joining(msgspec.Struct, frozen=True):
    """Programs of a user's that join network namespaces to this host, without a sign of an engine."""

    user: int
    programs: tuple[str, ...]


class Found(msgspec.Struct, frozen=True):
    """What joins network namespaces to this host: rootless engines, and other programs, by user."""

    engines: tuple[RootlessEngine, ...] = ()
    others: tuple[Joining, ...] = ()


def users_processes() -> tuple[Seen, ...]:
    """List the processes of users other than root; what may not be looked at is left out."""
    announce("read", f"{PROC}/*/status")
    names = (path.name for path in Path(PROC).iterdir())
    return tuple(filter(None, (_look(name) for name in sorted(names) if name.isdecimal())))


def find_engines(seen: Iterable[Seen], network: str) -> Found:
    """Return the rootless engines that a network namespace leads to, and what may be anything else."""
    by_pid = {one.pid: one for one in seen}
    podmans = {one.user for one in by_pid.values() if _tells_of_podman(one)}
    found: dict[tuple[int, Engine | None], set[str]] = {}
    for one in by_pid.values():
        if one.name in _JOINING and one.network == network:
            own = Engine.PODMAN if one.user in podmans else None
            engine = Engine.DOCKER if _ROOTLESSKIT in _line(one, by_pid) else own
            found.setdefault((one.user, engine), set()).add(one.name)
    ordered = sorted((user, engine or "", engine, tuple(sorted(names))) for (user, engine), names in found.items())
    return Found(
        tuple(RootlessEngine(engine, user, programs) for user, _, engine, programs in ordered if engine),
        tuple(Joining(user, programs) for user, _, engine, programs in ordered if not engine),
    )


def _tells_of_podman(one: Seen) -> bool:
    """Tell whether a process is one that a rootless Podman has; another program may start pasta or slirp4netns too."""
    joins = one.name in _JOINING and any(NETWORK_FILE in word for word in one.arguments)
    return joins or one.name.partition(" ")[0] in _PODMANS


def _line(one: Seen, by_pid: dict[int, Seen]) -> Iterator[str]:
    """Name a process and its parent."""
    yield one.name
    if one.parent in by_pid:
        yield by_pid[one.parent].name


def _look(name: str) -> Seen | None:
    try:
        with Process(name) as process:
            user = int(process.status(b"Uid")[0])
            return _seen(process, int(name), user) if user else None
    except (OSError, UnfitError, ValueError, IndexError):  # it has ended, or is another user's
        return None


def _seen(process: Process, pid: int, user: int) -> Seen:
    words = process.read("cmdline").decode(errors="replace").split("\0")
    return Seen(
        pid=pid,
        parent=int(process.status(b"PPid")[0]),
        user=user,
        name=process.name().decode(errors="replace"),
        arguments=tuple(words),
        network=process.namespace("net"),
    )
