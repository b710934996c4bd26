"""Where the configuration of an audit is looked for: the first place that has one is the only one that is read."""

import os
from collections.abc import Iterator
from pathlib import Path

from netaudit.bounded import PATIENCE, SMALL, UnfitError, read_any
from netaudit.catalog.config import DEFAULT, PYPROJECT

_ETC = Path("/etc/netaudit") / DEFAULT


def find_config(folder: Path) -> Path | None:
    """Find netaudit.toml, or a pyproject.toml with a table tool.netaudit: in a folder or the nearest of its parents.

    Then that of the user, below XDG_CONFIG_HOME, and that of the machine, in /etc. None where there is no such file.
    Beyond the folder itself, one of another user is not read: who may write to /tmp could waive findings of root's.
    """
    return next((one for one in _places(folder) if _is_config(one) and (one.parent == folder or _is_ours(one))), None)


def repository_root(folder: Path) -> Path:
    """Return the root of the Git repository that a folder is in, the folder itself where there is none."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)  # a file in a worktree


def _is_ours(path: Path) -> bool:
    return path.stat().st_uid in (0, os.geteuid())


def _places(folder: Path) -> Iterator[Path]:
    for parent in (folder, *folder.parents):
        yield from (parent / DEFAULT, parent / PYPROJECT)
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path("~").expanduser() / ".config")
    yield Path(home) / "netaudit" / DEFAULT
    yield _ETC


def _is_config(path: Path) -> bool:
    """Tell whether there is such a file; none in a folder that this user may not look into."""
    try:
        return path.is_file() and (path.name != PYPROJECT or "netaudit" in _tools(path))
    except OSError:
        return False


def _tools(path: Path) -> dict[str, object]:
    """Return the tables of tools in a pyproject.toml; none of one that is no TOML: it is somebody else's to mend."""
    import tomllib  # noqa: PLC0415 (late: most hosts have no netaudit.toml)

    try:
        table = tomllib.loads(read_any(path, SMALL, PATIENCE).decode()).get("tool", {})
    except (UnfitError, ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}
