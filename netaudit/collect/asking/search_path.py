"""Where programs are looked up, and who else may put programs there."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

# The system's own folders. Root looks there first: a folder that somebody else may write, at the front of root's PATH,
# would otherwise decide what is run. A plain user's PATH often lacks those where Netfilter's programs live.
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
_ADMIN_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def search_path() -> str:
    """Return the PATH with which programs are run: root's begins with the system's folders, a user's own goes first."""
    own = os.environ.get("PATH", os.defpath)
    first = SYSTEM_FOLDERS if os.geteuid() == 0 else ()
    return os.pathsep.join((*first, own, *_ADMIN_FOLDERS))


def writable_by_others() -> tuple[str, ...]:
    """Name the folders of PATH into which others than root and this user may put programs, as they stand there."""
    named = dict.fromkeys(search_path().split(os.pathsep))
    return tuple(name or "." for name in named if _is_writable_by_others(name))


def _is_writable_by_others(name: str) -> bool:
    if not name.startswith("/"):  # a folder below the one where netaudit is started, whosever that is
        return True
    return any(map(_chain_is_open, {name, os.path.realpath(name)}))  # links as they are written, and where they lead


def _chain_is_open(name: str) -> bool:
    """Tell whether others may write a folder or one above it; of one that is not there, the first above that is."""
    found = [state for folder in _steps(Path(name)) if (state := _state(folder))]
    return any(_may_others_write(state, last=state is found[0]) for state in found)


def _steps(path: Path) -> Iterator[Path]:
    yield path
    yield from path.parents


def _state(folder: Path) -> os.stat_result | None:
    try:
        return folder.stat()
    except OSError:
        return None


def _may_others_write(folder: os.stat_result, *, last: bool) -> bool:
    """Tell whether others may add to a folder, or put another in the place of what it holds."""
    if folder.st_uid not in (0, os.geteuid()):
        return True
    # A user's own group has the user's number: nobody else is in it.
    by_group = bool(folder.st_mode & stat.S_IWGRP) and folder.st_gid not in (0, os.geteuid())
    is_open = by_group or bool(folder.st_mode & stat.S_IWOTH)
    # In a sticky folder such as /tmp nobody can replace what is another's: enough for the folders above.
    return is_open and (last or not folder.st_mode & stat.S_ISVTX)
