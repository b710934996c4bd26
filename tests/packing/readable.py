"""What `git diff` shows of an archive after `make diff-setup`: JSON is laid out, the rest is as it is."""

import json
from collections.abc import Iterator
from typing import Any

from packing.archive import MalformedError, header, sections

_WIDTH = 110


def readable(archive: bytes) -> bytes:
    """Return an archive with its JSON on lines of a readable length; unchanged where it is damaged."""
    try:
        return b"".join(header(one) + _content(one.name, one.content) for one in sections(archive))
    except MalformedError:
        return archive


def _content(name: str, content: bytes) -> bytes:
    if name.endswith(".json"):
        try:
            return "".join(f"{line}\n" for line in _lines(json.loads(content), "")).encode()
        except ValueError:
            pass  # what a program said instead of JSON
    return content if content.endswith(b"\n") or not content else content + b"\n"


def _lines(value: Any, indent: str, before: str = "", after: str = "") -> Iterator[str]:
    """Lay a value out: on one line where it fits, otherwise one line or more for each thing in it."""
    short = f"{indent}{before}{json.dumps(value, ensure_ascii=False)}{after}"
    if len(short) <= _WIDTH or not isinstance(value, dict | list) or not value:
        yield short
        return
    inside = (
        [(f"{json.dumps(key)}: ", one) for key, one in value.items()]
        if isinstance(value, dict)
        else [("", one) for one in value]
    )
    start, end = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{before}{start}"
    for number, (key, one) in enumerate(inside, 1):
        yield from _lines(one, f"{indent} ", key, "," if number < len(inside) else "")
    yield f"{indent}{end}{after}"
