"""The key of a redaction: 32 random bytes in a file of their own, for its owner alone."""

import secrets
from pathlib import Path

from netaudit.bounded import PATIENCE, UnfitError, read_any
from netaudit.errors import OutputError, UsageError
from netaudit.store.writing.ours import Kind
from netaudit.store.writing.taken import Replace
from netaudit.store.writing.write import write_atomically

_SIZE = 32


def load_key(path: Path) -> bytes:
    """Read a key; where there is no such file, make one. Raises UsageError for what is not a key, OutputError."""
    try:
        key = read_any(path, _SIZE, PATIENCE)
    except FileNotFoundError:
        return _make_key(path)
    except UnfitError as error:
        hint = "name a new file: it will be made"
        raise UsageError(f"{path} is no key: it {error}", hint=hint) from error
    except OSError as error:
        raise UsageError(
            f"cannot read the key {path}: {error.strerror}", hint="name a file that you may read"
        ) from error
    if len(key) != _SIZE:
        raise UsageError(f"{path} is no key: it does not hold {_SIZE} bytes", hint="name a new file: it will be made")
    return key


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(_SIZE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, key, Replace.OURS, Kind.RECORDING)  # never half a key, and its owner's alone
    except OSError as error:
        raise OutputError(f"cannot write the key {path}: {error.strerror}", hint="name a place for it") from error
    return key
