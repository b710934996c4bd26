"""Namespaces, mounts and capabilities by their system calls: Python 3.11 has no names for them.

The user namespace is what makes root harmless: its root may change the network namespace that belongs to it, and has
no privilege over anything else of the host.
"""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NET, NEW_MOUNTS, NEW_PIDS, NEW_IPC, NEW_NAMES = (
    0x10000000,
    0x40000000,
    0x00020000,
    0x20000000,
    0x08000000,
    0x04000000,
)
_RECURSIVE, _PRIVATE, _BIND = 0x4000, 1 << 18, 0x1000
READ_ONLY, NO_SUID, NO_DEVICES = 0x1, 0x2, 0x4
_MOUNT_SETATTR = 442  # the same number on every architecture
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_DROP_BOUND, _NO_NEW_PRIVILEGES = 24, 38
_LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
# DAC_OVERRIDE, DAC_READ_SEARCH, NET_BIND_SERVICE, NET_ADMIN, NET_RAW: to read any file, and to change this network.
_KEPT = frozenset({1, 2, 10, 12, 13})


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    )


def unshare(flags: int) -> None:
    """Leave namespaces for new ones. Raises OSError."""
    _check(_LIBC.unshare(flags), "unshare")


def map_users(pid: int) -> None:
    """Give a process's new user namespace its users: root's are all, so that rules may name any; another's is one.

    Raises OSError.
    """
    process = Path(f"/proc/{pid}")
    if os.geteuid() == 0:
        users = groups = "0 0 4294967295"
    else:
        (process / "setgroups").write_text("deny", encoding="ascii")
        users, groups = f"0 {os.geteuid()} 1", f"0 {os.getegid()} 1"
    (process / "uid_map").write_text(users, encoding="ascii")
    (process / "gid_map").write_text(groups, encoding="ascii")


def make_private() -> None:
    """Let no mount of ours reach another mount namespace."""
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)


def mount_new(kind: str, place: str) -> None:
    """Mount a new file system: tmpfs or proc. Raises OSError."""
    _mount(kind, place, kind, NO_SUID | NO_DEVICES)


def bind(source: str, place: str) -> None:
    """Show a file or folder at another place too. Raises OSError."""
    _mount(source, place, None, _BIND)


def change_mount(place: str, *, add: int = 0, clear: int = 0, all_below: bool = False) -> None:
    """Change the flags of a mount. Raises OSError: the kernel has this since 5.12."""
    attributes = _MountAttributes(add, clear, 0, 0)
    flags = _AT_RECURSIVE if all_below else 0
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    result = _LIBC.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        place.encode(),
        ctypes.c_uint(flags),
        ctypes.byref(attributes),
        size,
    )
    _check(result, f"mount_setattr {place}")


def drop_privileges() -> None:
    """Let no program that is started from here on mount, load modules, or get more than it has."""
    last = int(_LAST_CAPABILITY.read_text(encoding="ascii"))
    for number in range(last + 1):
        if number not in _KEPT:
            _prctl(_DROP_BOUND, number)
    _prctl(_NO_NEW_PRIVILEGES, 1)


def _prctl(option: int, value: int) -> None:
    zero = ctypes.c_ulong(0)
    _check(_LIBC.prctl(option, ctypes.c_ulong(value), zero, zero, zero), "prctl")


def _mount(source: str | None, place: str, kind: str | None, flags: int) -> None:
    words = [word.encode() if word is not None else None for word in (source, place, kind)]
    _check(_LIBC.mount(*words, ctypes.c_ulong(flags), None), f"mount {place}")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
