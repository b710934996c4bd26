"""A seccomp filter: a process may talk to the kernel about its own network namespace, and to nobody else.

A Unix socket is a file, reachable in every network namespace and on a read-only file system: dockerd's, systemd's and
D-Bus's are refused with all others. So is io_uring, which opens sockets past such a filter.
"""

import ctypes
import os
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NOT_PERMITTED, _NO_SUCH_CALL, _NO_SUCH_FAMILY = 1, 38, 97
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; little-endian arguments
_X32 = 0x40000000  # calls of another interface to the same kernel begin here
_IO_URING_SETUP = 425
_FAMILIES = (2, 10, 16)  # AF_INET, AF_INET6, AF_NETLINK
# By machine: what the kernel calls it (AUDIT_ARCH_…), and its number of socket(2).
_MACHINES = {
    "x86_64": (0xC000003E, 41),
    "aarch64": (0xC00000B7, 198),
    "riscv64": (0xC00000F3, 198),
    "ppc64le": (0xC0000015, 326),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def refuse_sockets() -> None:
    """Refuse sockets that are not of this network namespace, here and in what is started from here on.

    Raises OSError, also on a machine whose system calls are not known here.
    """
    code = _code(os.uname().machine)
    program = _Program(len(code) // 8, code)
    if _LIBC.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")


def _code(machine: str) -> bytes:
    if machine not in _MACHINES:
        raise OSError(0, f"the system calls of {machine} are not known here")
    architecture, socket = _MACHINES[machine]
    # Each line but returns: what is compared, and how many lines are skipped where it holds and where it does not.
    lines = (
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE | _NOT_PERMITTED),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE | _NOT_PERMITTED),
        (_EQUAL, 0, 1, _IO_URING_SETUP),
        (_RETURN, 0, 0, _REFUSE | _NO_SUCH_CALL),
        (_EQUAL, 1, 0, socket),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        *((_EQUAL, len(_FAMILIES) - at, 0, family) for at, family in enumerate(_FAMILIES)),
        (_RETURN, 0, 0, _REFUSE | _NO_SUCH_FAMILY),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
