"""Find the dockerd process behind the API."""

import socket
import struct
from pathlib import Path

from netaudit.collect.announce import announce
from netaudit.collect.where import Where
from netaudit.model.facts import GapReason

PROC = Path("/proc")
_NAME = "dockerd"
_PEER = struct.Struct("3i")  # struct ucred: pid, uid, gid


class NoDockerdError(Exception):
    """No dockerd can be named as the one that serves the API; `args` are the gap's reason and detail."""


def find_dockerd(where: Where) -> int:
    """Return the process id of the dockerd that serves the API.

    The kernel knows who listens on a Unix socket. Under socket activation that is systemd, and an API on the
    network tells nothing: then it is the only dockerd in our network namespace.
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
        except OSError:  # what is wrong with the socket is told by the questions to the API
            return 0
        pid = int(_PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[0])
    return pid if _is_dockerd(pid) else 0


def _is_dockerd(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "comm").read_text().strip() == _NAME
    except OSError:
        return False


def _only_dockerd_here() -> int:
    announce("read", f"{PROC}/*/comm")
    candidates = sorted(int(path.name) for path in PROC.glob("[0-9]*") if _is_dockerd(int(path.name)))
    try:
        here = [pid for pid in candidates if network_of(str(pid)) == network_of("self")]
    except PermissionError:
        detail = f"dockerd runs (process {candidates[0]}), but not even its namespace may be read"
        raise NoDockerdError(GapReason.DENIED, detail) from None
    if len(here) > 1:
        listed = ", ".join(map(str, here))
        raise NoDockerdError(GapReason.PARTIAL, f"several dockerd run here (processes {listed}): which one serves?")
    if not here:
        raise NoDockerdError(GapReason.ABSENT, "no dockerd runs in this network namespace")
    return here[0]


def network_of(pid: str) -> str:
    """Name the network namespace of a process; "" if the process has ended."""
    try:
        return str((PROC / pid / "ns" / "net").readlink())
    except FileNotFoundError:
        return ""
