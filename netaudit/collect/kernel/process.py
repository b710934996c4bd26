"""Find out about a process that has just written a rule: its unit, its user, what started it. It may end meanwhile.

Every microsecond counts: `iptables` has ended a moment after its commit. So files are read with two calls of the
kernel's, those that go with the process first.
"""

import os
import pwd
import re
from contextlib import suppress
from functools import cache
from pathlib import Path

from netaudit.model.observation import Process

_INITIAL = "pid:[4026531836]"  # the namespace in which the kernel counts; elsewhere its numbers mean other processes
_MOST = 1 << 16
_NOBODY = 0xFFFFFFFF  # loginuid of what no session started
_ANCESTORS = 3
_NAME_LENGTH = 15  # of what the kernel calls a process
_STAT = re.compile(rb"\d+ \((.*)\) \S (\d+) ", re.DOTALL)
_UNIT = re.compile(r"/([^/]+\.(?:service|scope|socket|timer))(?=/|$)")


def ask_process(pid: int, name: str) -> Process:
    """Return what /proc says of a process that the kernel calls so; what it does not say any more is ""."""
    if not _counts_as_kernel():
        return Process(name, pid)
    files = [_read(pid, file) for file in ("stat", "cgroup", "loginuid")]
    owner = _owner(pid)
    found = _parsed(files[0])
    if found is None or found[0] != name[:_NAME_LENGTH]:
        return Process(name, pid)
    return Process(name, pid, _unit(files[1]), _user(files[2], owner), " < ".join(_ancestors(found[1])))


def ended_process(pid: int, name: str, user: int, parent: int) -> Process:
    """Return a process that has ended, of whom it was and by whom it was started: its unit is that of its parent.

    A login is its parent's too: `sudo` changes the user, and not who logged in.
    """
    found = _parsed(_read(parent, "stat")) if parent > 1 else None
    if found is None:
        return Process(name, pid, user=_name_of(user))
    login = _user(_read(parent, "loginuid"), user)
    return Process(name, pid, _unit(_read(parent, "cgroup")), login, " < ".join(_ancestors(parent)))


@cache
def _counts_as_kernel() -> bool:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").readlink().name == _INITIAL
    return False


def _read(pid: int, file: str) -> bytes:
    with suppress(OSError):
        handle = os.open(f"/proc/{pid}/{file}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(handle, _MOST)
        finally:
            os.close(handle)
    return b""


def _parsed(stat: bytes) -> tuple[str, int] | None:
    """Return a process's name and its parent's number."""
    found = _STAT.match(stat)
    return (found[1].decode(errors="replace"), int(found[2])) if found else None


def _ancestors(pid: int) -> list[str]:
    names: list[str] = []
    while pid > 1 and len(names) < _ANCESTORS and (found := _parsed(_read(pid, "stat"))):
        names.append(found[0])
        pid = found[1]
    return names


def _unit(cgroup: bytes) -> str:
    """Name the systemd unit: the innermost of the control group's path."""
    lines = cgroup.decode(errors="replace").splitlines()
    units = [found for line in lines for found in _UNIT.findall(line.partition(":")[2])]
    return units[-1] if units else ""


def _user(login: bytes, owner: int | None) -> str:
    """Name who logged in to run it, else who runs it."""
    number = int(login) if login.strip().isdigit() and int(login) != _NOBODY else owner
    return "" if number is None else _name_of(number)


def _name_of(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _owner(pid: int) -> int | None:
    with suppress(OSError):
        return os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116 (of a folder of the kernel's)
    return None
