"""A process as /proc shows it. Its user chose its name and its arguments: they are bytes, not text yet."""

import os
from typing import Self

from netaudit.bounded import UnfitError, read_descriptor

PROC = "/proc"
_MOST = 1 << 18  # bytes of one of its files; what is longer is no argument list that anybody wrote


class Process:
    """A context manager. What it reads is of this one process, also where another gets its number meanwhile.

    Making one and all its methods raise OSError; `read` raises UnfitError for too much.
    """

    def __init__(self, name: str) -> None:
        """Take a process by its number, or `self`."""
        self.place = f"{PROC}/{name}"
        self.handle = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.handle)

    def read(self, name: str) -> bytes:
        """Read one of its files."""
        handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.handle)
        try:
            return read_descriptor(handle, _MOST, None)
        finally:
            os.close(handle)

    def name(self) -> bytes:
        """Return what it calls itself."""
        return self.read("comm").removesuffix(b"\n")

    def namespace(self, kind: str) -> str:
        """Name the namespace of a kind (net, pid, mnt) that it is in."""
        return os.readlink(f"ns/{kind}", dir_fd=self.handle)

    def status(self, field: bytes) -> list[bytes]:
        """Return the words of a line of its status."""
        lines = (line.partition(b":\t") for line in self.read("status").split(b"\n"))
        return next((words.split() for name, _, words in lines if name == field), [])


def namespace_of(pid: str, kind: str) -> str:
    """Name the namespace of a process; "" if the process has ended. Raises PermissionError."""
    try:
        with Process(pid) as process:
            return process.namespace(kind)
    except PermissionError:
        raise
    except OSError:
        return ""


def is_called(pid: int, name: bytes) -> bool:
    """Tell whether a process calls itself so."""
    try:
        with Process(str(pid)) as process:
            return process.name() == name
    except (OSError, UnfitError):
        return False
