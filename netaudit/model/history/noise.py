"""What changes in a recording although nobody changes the host: counters, timers, handles, the time of day."""

import re
from collections.abc import Mapping

from netaudit.model.facts import RULE_SOURCES, Source

_SAVE = re.compile(rb"^#.*\n|\[\d+:\d+\]", re.MULTILINE)
_NFT = re.compile(rb'"(?:handle|packets|bytes|used|expires)": ?\d+')
# Lifetimes of addresses and routes, and the timers of bridges.
_IP = re.compile(rb'"(?:\w+_life_time|\w+_timer|expires|age|used)": ?[\d.]+')
_PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    **dict.fromkeys(RULE_SOURCES, _SAVE),
    Source.NFT_RULESET: _NFT,
    **dict.fromkeys((Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE), _IP),
}
_HOLE = b"\0"


def without_noise(source: str, data: bytes) -> bytes:
    """Return a file without counters, handles, timers and comments."""
    pattern = _PATTERNS.get(source)
    return pattern.sub(b"", data) if pattern else data


def split_noise(source: str, data: bytes) -> tuple[bytes, bytes]:
    """Return what stays the same, with a hole for each part that does not, and these parts; `join_noise` undoes it."""
    pattern = _PATTERNS.get(source)
    if pattern is None or _HOLE in data:
        return data, b""
    return pattern.sub(_HOLE, data), _HOLE.join(pattern.findall(data))


def join_noise(stable: bytes, noise: bytes) -> bytes:
    """Put the parts back into their holes. Raises ValueError where they do not fit."""
    pieces = stable.split(_HOLE)
    parts = noise.split(_HOLE) if len(pieces) > 1 else []
    if not noise:
        return stable
    if len(parts) != len(pieces) - 1:
        raise ValueError(f"{len(parts)} parts for {len(pieces) - 1} holes")
    return b"".join(piece for pair in zip(pieces, (*parts, b""), strict=True) for piece in pair)
