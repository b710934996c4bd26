"""JSON in the middle of a text, whole or as an excerpt: `docker inspect`, `docker network inspect`, `nft -j`."""

import re
from typing import Any

import msgspec

from netaudit.parse.paste.topics import is_command

_MOST_LINES = 20_000
_ELIDED = re.compile(r'^\s*(?:"?\[?(?:\.{2,}|…)\]?"?,?|//.*|#.*)\s*$')
_TRAILING = re.compile(r",(\s*[\]}])")
_CLOSERS = {"{": "}", "[": "]"}
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\[\]{}]')


class JsonPart(msgspec.Struct, frozen=True):
    """A value and the lines from the first to the last that it stands on; `cut`: what closes it was not there."""

    value: Any
    first: int
    last: int
    cut: bool = False


def read_json_part(lines: list[str], at: int) -> JsonPart | None:
    """Read the JSON that begins on a line (from 0); None where there is no JSON."""
    kept: list[str] = []
    open_: list[str] = []
    began = False
    end = at
    for end in range(at, min(len(lines), at + _MOST_LINES)):
        line = lines[end]
        if _ELIDED.match(line) and end > at:
            continue
        if end > at and (is_command(line) or not (line.strip() or open_)):
            end -= 1  # noqa: PLW2901 (the line behind is no part of it)
            break
        kept.append(line)
        for mark in _TOKEN.findall(line):
            if mark in _CLOSERS:
                open_.append(mark)
                began = True
            elif mark in "]}" and open_:
                open_.pop()
        if began and not open_ and not lines[at].lstrip().startswith('"'):
            break
    value = _decoded("\n".join(kept), open_)
    return None if value is None else JsonPart(value, at + 1, end + 1, bool(open_))


def _decoded(text: str, open_: list[str]) -> Any:  # noqa: ANN401 (any JSON)
    closing = "".join(_CLOSERS[one] for one in reversed(open_))
    bare = text.rstrip().rstrip(",")
    for candidate in (text, bare + closing, "{" + bare + closing + "}"):
        try:
            return msgspec.json.decode(_TRAILING.sub(r"\1", candidate).encode(errors="replace"))
        except (msgspec.DecodeError, RecursionError):
            continue
    return None
