"""renameat2(2), which Python does not have: move where nothing is, or change places, in one step."""

import errno
import os
from enum import IntEnum

_LACKING = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


class _How(IntEnum):
    NO_REPLACE = 1
    EXCHANGE = 2


def move_to_free(folder: int, old: str, new: str) -> None:
    """Move within a folder. Raises FileExistsError where something is there already."""
    try:
        _rename(folder, old, new, _How.NO_REPLACE)
    except OSError as error:
        if error.errno not in _LACKING:
            raise
    else:
        return
    # A file system (or C library) without it: the look and the move are then two steps.
    try:
        os.stat(new, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def exchange(folder: int, one: str, other: str) -> None:
    """Let two names of a folder change places. Raises OSError, also where the file system cannot do it."""
    _rename(folder, one, other, _How.EXCHANGE)


def _rename(folder: int, old: str, new: str, how: _How) -> None:
    import ctypes  # noqa: PLC0415 (10 ms, which commands that write nothing need not wait)

    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if function(folder, os.fsencode(old), folder, os.fsencode(new), ctypes.c_uint(how)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
