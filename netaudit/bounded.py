"""The one reader of what comes from outside: bounded in bytes, in depth and in time.

    read_plain       a regular file, and nothing else: /proc, a configuration, a file of a recording
    read_any         what a person named: it may be a pipe such as <(command), never one that keeps us waiting
    read_descriptor  what is open already
    special_kind     what a path leads to, if that is a pipe, a device or a socket
    decode_json      JSON of a type, not nested deeper than any program nests it

The caller turns UnfitError into a gap (collect) or into an error that names the file (store, catalog, cli).
"""

import os
import select
import stat
from pathlib import Path
from time import monotonic
from typing import TypeVar

import msgspec

T = TypeVar("T")

SMALL = 1 << 20  # bytes: configurations, waivers, templates; the largest that anybody wrote by hand is far below
PATIENCE = 10.0  # seconds for a pipe that a person named, such as <(command)
DEEPEST = 100  # levels of JSON; nft nests its expressions about 15 deep, Docker its objects 8
_CHUNK = 1 << 16
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISLNK, "a link"))


class UnfitError(ValueError):
    """What comes from outside is not of a form or size that can be read; the message follows the name of the file."""


def read_plain(path: Path, most: int) -> bytes:
    """Return what a regular file holds. Raises OSError, and UnfitError for another kind or more than `most` bytes."""
    handle = _open(path)
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise UnfitError(f"is {_kind(mode)}, not a regular file")
        return read_descriptor(handle, most, None)
    finally:
        os.close(handle)


def read_any(path: Path, most: int, seconds: float) -> bytes:
    """Return what a file or a pipe holds.

    Raises OSError, and UnfitError for more than `most` bytes or an end that does not come within `seconds`.
    """
    handle = _open(path)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise UnfitError("is a folder, not a file")
        return read_descriptor(handle, most, None if stat.S_ISREG(mode) else seconds)
    finally:
        os.close(handle)


def read_descriptor(handle: int, most: int, seconds: float | None) -> bytes:
    """Return what is left to read. `seconds` is None where reading never waits. Raises as `read_any` does."""
    end = None if seconds is None else monotonic() + seconds
    parts: list[bytes] = []
    left = most
    while part := _part(handle, min(_CHUNK, left + 1), end):
        left -= len(part)
        if left < 0:
            raise UnfitError(f"holds more than {_size(most)}")
        parts.append(part)
    return b"".join(parts)


def decode_json(data: bytes | str, kind: type[T]) -> T:
    """Return JSON as a value of a type. Raises UnfitError for what is no JSON, is of another type or nests too deep."""
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnfitError(f"{error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    if _depth(value) > DEEPEST:
        raise _too_deep()
    return value


def _open(path: Path) -> int:
    """Open to read. Not blocking: opening a pipe that nobody writes to would wait for ever."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except ValueError as error:
        raise UnfitError("has a NUL character in its name") from error


def _part(handle: int, size: int, end: float | None) -> bytes:
    if end is not None:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        left = end - monotonic()
        if left <= 0 or not waiting.poll(left * 1000):
            raise UnfitError("did not end in time")
    return os.read(handle, size)


def special_kind(path: Path) -> str:
    """Name what a path leads to where that is neither a file nor a folder; empty for those, and for nothing at all."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    return "" if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else _kind(mode)


def _kind(mode: int) -> str:
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"


def _too_deep() -> UnfitError:
    return UnfitError(f"is nested more than {DEEPEST} levels deep")


def _depth(value: object) -> int:
    """Return how deep dicts and lists nest; what msgspec made of a type is as deep as its type."""
    level: list[object] = [value]
    depth = 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            break
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
    return depth
