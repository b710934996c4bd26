"""A secret in a file: a token of `serve`, a key of `watch`."""

from pathlib import Path

from netaudit.errors import UsageError

_SHORTEST = 16  # bytes
_LONGEST = 1 << 12
_OTHERS = 0o077  # what everybody but the owner may do


def read_secret(path: Path, option: str) -> bytes:
    """Return the secret in a file that its owner alone may read. Raises UsageError, which names the option."""
    from netaudit.bounded import UnfitError, read_plain

    try:
        secret = read_plain(path, _LONGEST).strip()
        mode = path.stat().st_mode
    except (OSError, UnfitError) as error:
        raise UsageError(f"{option} {path}: {error}", hint="make one: openssl rand -hex 32") from error
    if len(secret) < _SHORTEST:
        hint = "make one: openssl rand -hex 32"
        raise UsageError(f"{option} {path}: shorter than {_SHORTEST} characters", hint=hint)
    if mode & _OTHERS:
        raise UsageError(f"{option} {path}: others may read it", hint=f"chmod 600 {path}")
    return secret
