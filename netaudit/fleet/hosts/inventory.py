"""A file of hosts -> the hosts. One a line: a name or `ssh://user@host:port`; `#` begins a comment."""

from pathlib import Path

from netaudit.bounded import PATIENCE, UnfitError, read_any
from netaudit.collect.remote.ssh import Remote, parse_remote
from netaudit.errors import ConfigError, UsageError
from netaudit.store.reading.archive import is_archive

_LARGEST = 16 << 20  # bytes: 100,000 hosts have 4 MB
_HINT = "one host a line: web-1.example, or ssh://user@web-1.example:2222"


def is_inventory(source: str) -> bool:
    """Tell a file of hosts from recordings: it is a plain file, and no archive by its name."""
    return Path(source).is_file() and not is_archive(Path(source).name)


def read_inventory(path: Path) -> tuple[Remote, ...]:
    """Read the hosts of a file, each once. Raises ConfigError, which names the line."""
    try:
        text = read_any(path, _LARGEST, PATIENCE).decode()
    except (OSError, UnfitError, UnicodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path), hint=_HINT) from error
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    found: dict[str, Remote] = {}
    for number, words in lines:
        if words:
            remote = _read(words, number, path)
            if str(remote) in found:
                raise ConfigError(f"{remote} is named twice", file=str(path), line=number, hint=_HINT)
            found[str(remote)] = remote
    if not found:
        raise ConfigError("names no host", file=str(path), hint=_HINT)
    return tuple(found.values())


def _read(words: str, line: int, path: Path) -> Remote:
    try:
        return parse_remote(words if "://" in words else f"ssh://{words}")
    except UsageError as error:
        raise ConfigError(error.message, file=str(path), line=line, hint=_HINT) from error
