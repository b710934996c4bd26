"""What changes in a recording although nobody changes the host: counters, timers, handles, the time of day."""

import re
from collections.abc import Iterator, Mapping

from netaudit.model.facts import RULE_SOURCES, Source

_SAVE = re.compile(rb"(\[\d+:\d+\])")  # and remarks: each begins with one byte, which is found faster than by a pattern
_NFT = re.compile(rb'("(?:handle|packets|bytes|used|expires)": ?\d+)')
# Lifetimes of addresses and routes, and the timers of bridges.
_IP = re.compile(rb'("(?:\w+_life_time|\w+_timer|expires|age|used)": ?[\d.]+)')
_PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    **dict.fromkeys(RULE_SOURCES, _SAVE),
    Source.NFT_RULESET: _NFT,
    **dict.fromkeys((Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE), _IP),
}
_HOLE = b"\0"


def without_noise(source: str, data: bytes) -> bytes:
    """Return a file without counters, handles, timers and comments."""
    pattern = _PATTERNS.get(source)
    return b"".join(_split(pattern, data)[::2]) if pattern else data


def split_noise(source: str, data: bytes) -> tuple[bytes, bytes]:
    """Return what stays the same, with a hole for each part that does not, and these parts; `join_noise` undoes it."""
    pattern = _PATTERNS.get(source)
    if pattern is None or _HOLE in data:
        return data, b""
    pieces = _split(pattern, data)
    return _HOLE.join(pieces[::2]), _HOLE.join(pieces[1::2])


def _split(pattern: re.Pattern[bytes], data: bytes) -> list[bytes]:
    """Return what stays the same and what does not, in turn."""
    if pattern is not _SAVE:
        return pattern.split(data)
    pieces, at = [b""], 0
    for start, end in _remarks(data):
        _append(pieces, pattern.split(data[at:start]))
        pieces += [data[start:end], b""]
        at = end
    _append(pieces, pattern.split(data[at:]))
    return pieces


def _append(pieces: list[bytes], more: list[bytes]) -> None:
    pieces[-1] += more[0]
    pieces += more[1:]


def _remarks(data: bytes) -> Iterator[tuple[int, int]]:
    """Return where the lines are that begin with `#`, each with its end."""
    text = b"\n" + data
    start = text.find(b"\n#")
    while start >= 0 and (end := text.find(b"\n", start + 1)) >= 0:
        yield start, end
        start = text.find(b"\n#", end)


def join_noise(stable: bytes, noise: bytes) -> bytes:
    """Put the parts back into their holes. Raises ValueError where they do not fit."""
    pieces = stable.split(_HOLE)
    parts = noise.split(_HOLE) if len(pieces) > 1 else []
    if not noise:
        return stable
    if len(parts) != len(pieces) - 1:
        raise ValueError(f"{len(parts)} parts for {len(pieces) - 1} holes")
    return b"".join(piece for pair in zip(pieces, (*parts, b""), strict=True) for piece in pair)
