"""Run as a program of its own: shut the client into namespaces of its own, then become the client.

    python -I -S inside.py FD RUN -- COMMAND…

The network is an empty one, every file system is read-only, and /run is the folder RUN, in which docker.sock is the
stand-in. What cannot be done is written to the descriptor FD, which closes by itself when the client starts.
It imports nothing but the standard library: it starts before every client.
"""

import ctypes
import errno
import os
import sys

_NEWNS, _NEWUSER, _NEWNET = 0x0002_0000, 0x1000_0000, 0x4000_0000
_REC, _PRIVATE, _BIND = 0x4000, 1 << 18, 0x1000
_SYS_MOUNT_SETATTR = 442  # the same on all architectures but alpha
_AT_RECURSIVE, _ATTR_RDONLY = 0x8000, 0x1
_SET_NO_NEW_PRIVS = 38
_MISSING = 127
_LIBC = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def main(failure: int, run: str, command: list[str]) -> None:
    """Shut this process in, and become the command."""
    os.set_inheritable(failure, False)  # noqa: FBT003 (os takes no name for it)
    try:
        _unshare()
        _mount("/", None, _REC | _PRIVATE)
        _make_read_only()
        for place in ("/run", "/var/run"):
            if os.path.isdir(place) and not os.path.islink(place):  # noqa: PTH112, PTH114 (pathlib costs 10 ms here)
                _mount(place, run, _BIND)
        _check(_LIBC.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    except OSError as error:
        os.write(failure, f"{error.filename}: {error.strerror}".encode())
        os._exit(_MISSING)
    try:
        os.execvp(command[0], command)  # noqa: S606 (the user's own client, without a shell)
    except OSError as error:
        os.write(failure, f"{command[0]}: {error.strerror}".encode())
        os._exit(_MISSING)


def _unshare() -> None:
    """Leave the host's namespaces: as root at once, else as the root of a user namespace."""
    if _LIBC.unshare(_NEWNS | _NEWNET) == 0:
        return
    user, group = os.geteuid(), os.getegid()
    _check(_LIBC.unshare(_NEWUSER | _NEWNS | _NEWNET), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 (pathlib costs 10 ms here)
            file.write(text)


def _mount(target: str, source: str | None, flags: int) -> None:
    encoded = None if source is None else os.fsencode(source)
    _check(_LIBC.mount(encoded, os.fsencode(target), None, ctypes.c_ulong(flags), None), f"mount {target}")


def _make_read_only() -> None:
    """Make every file system read-only here; kernels before 5.12 cannot, and the client writes nothing all the same."""
    attributes = _MountAttributes(attr_set=_ATTR_RDONLY)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    made = _LIBC.syscall(_SYS_MOUNT_SETATTR, -1, b"/", _AT_RECURSIVE, ctypes.byref(attributes), size)
    if made != 0 and ctypes.get_errno() != errno.ENOSYS:
        _check(made, "mount_setattr /")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[4:])
