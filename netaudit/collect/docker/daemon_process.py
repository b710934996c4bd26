"""Find the dockerd process behind the API."""

import os
import socket
import stat
import struct
from pathlib import Path

from netaudit.bounded import UnfitError
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.proc import PROC, Process, is_called, namespace_of
from netaudit.model.facts import GapReason

_NAME = b"dockerd"
_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid
_NEEDED = 1 << 12 | 1 << 21  # CAP_NET_ADMIN, CAP_SYS_ADMIN: without them nobody writes Docker's rules


class NoDockerdError(Exception):
    """No dockerd can be named as the one that serves the API; `args` are the gap's reason and detail."""


def find_dockerd(where: Where) -> int:
    """Return the process id of the dockerd that serves the API.

    The kernel knows who listens on a Unix socket: that is proof. Under socket activation that is systemd, and an API
    on the network tells nothing: then it is the only dockerd in our network namespace that can be one at all. Anybody
    may call a process so.
    """
    path = where.docker_socket()
    listener = listening_dockerd(path) if path else 0
    return listener or _only_dockerd_here()


def listening_dockerd(path: str) -> int:
    """Return the dockerd that listens on the socket; 0 where that is another program, or in another pid namespace."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            announce("connect", path)
            connection.connect(path)
        except (OSError, ValueError):  # the questions to the API report what is wrong with the socket
            return 0
        pid = int(_PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[0])
    return pid if is_called(pid, _NAME) else 0


def _only_dockerd_here() -> int:
    announce("read", f"{PROC}/*/comm")
    names = (path.name for path in Path(PROC).iterdir())
    candidates = sorted(int(name) for name in names if name.isdecimal() and is_called(int(name), _NAME))
    here: list[int] = []
    for pid in candidates:
        try:
            if _may_be_the_engine(pid):
                here.append(pid)
        except PermissionError:
            detail = f"dockerd runs (process {pid}), but not even its namespace may be read"
            raise NoDockerdError(GapReason.DENIED, detail) from None
    if len(here) > 1:
        listed = ", ".join(map(str, here))
        raise NoDockerdError(GapReason.PARTIAL, f"several dockerd run here (processes {listed}): which one serves?")
    if not here:
        raise NoDockerdError(GapReason.ABSENT, "no dockerd runs in this network namespace")
    return here[0]


def _may_be_the_engine(pid: int) -> bool:
    """Tell whether a process can write rules here: root's, or this user's own, and neither in a container.

    Raises PermissionError.
    """
    try:
        with Process(str(pid)) as process:
            return _is_trusted(process) and all(
                process.namespace(kind) == namespace_of("self", kind) for kind in ("net", "pid")
            )
    except PermissionError:
        raise
    except (OSError, UnfitError, ValueError):  # it has ended
        return False


def _is_trusted(process: Process) -> bool:
    """Tell whether a process was started by root with root's powers, or by this user.

    Who owns its folder in /proc does not tell, nor does its effective user: anybody may start a link named dockerd
    that leads to a set-user-id program.
    """
    users, powers = {int(user) for user in process.status(b"Uid")}, process.status(b"CapEff")
    borrowed = os.stat("exe", dir_fd=process.handle).st_mode & (stat.S_ISUID | stat.S_ISGID)
    if borrowed or not powers:
        return False
    return users == {os.geteuid()} != {0} or (users == {0} and int(powers[0], 16) & _NEEDED == _NEEDED)


def network_of(pid: str) -> str:
    """Name the network namespace of a process; "" if the process has ended. Raises PermissionError."""
    return namespace_of(pid, "net")
