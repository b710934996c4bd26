"""The elements of a set or a map, in braces -> JSON."""

from collections.abc import Callable

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.constants import read_duration
from netaudit.parse.nftables.text.rates import read_limit, read_quota
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError

Reader = Callable[[Cursor], Json]


def read_braced(cursor: Cursor, read: Reader) -> list[Json]:
    """Read `{ 22, 80 : accept }`; `read` reads one value. Raises NotNftError."""
    cursor.expect("{")
    cursor.deeper()
    found: list[Json] = []
    cursor.skip_breaks()
    while not cursor.skip("}"):
        if cursor.peek().text == "{" and cursor.peek().kind is Kind.MARK:  # a definition, in another's braces
            found += read_braced(cursor, read)
        else:
            found.append(_element(cursor, read))
        cursor.skip_breaks()
        if not cursor.skip(",") and cursor.peek().text != "}":
            raise NotNftError
        cursor.skip_breaks()
    cursor.higher()
    return found


def _element(cursor: Cursor, read: Reader) -> Json:
    value = read(cursor)
    details = read_details(cursor)
    key = {"elem": {"val": value, **details}} if details else value
    if not cursor.skip(":"):
        return key
    data = read(cursor)
    later = read_details(cursor)
    if later:
        key = {"elem": {"val": value, **details, **later}}
    return [key, data]


def read_details(cursor: Cursor) -> dict[str, Json]:
    """Read what an element has beside its value. Raises NotNftError."""
    found = read_timeouts(cursor)
    while name := cursor.skip("counter", "limit", "quota", "last", "ct"):
        match name:
            case "ct":
                found["ct count"] = read_count(cursor)
            case "counter":
                found[name] = read_counts(cursor)
            case "limit":
                found[name] = read_limit(cursor)
            case "quota":
                found[name] = read_quota(cursor)
            case _:
                _skip_last(cursor)
        found |= read_timeouts(cursor)
    return found


def read_timeouts(cursor: Cursor) -> dict[str, Json]:
    """Read when an element times out, and its comment. Raises NotNftError."""
    found: dict[str, Json] = {}
    while name := cursor.skip("timeout", "expires", "comment"):
        found[name] = cursor.take().text if name == "comment" else _duration(cursor)
    return found


def _duration(cursor: Cursor) -> int | str:
    word = cursor.take().text
    if word == "never":
        return word
    seconds = read_duration(word)
    if seconds is None:
        raise NotNftError
    return seconds


def _skip_last(cursor: Cursor) -> None:
    """Read `last used 5s`: when an element was met last moves by itself."""
    if cursor.skip("used"):
        cursor.take()


def read_count(cursor: Cursor) -> Json:
    """Read `count over 20`, behind `ct`. Raises NotNftError, ValueError."""
    cursor.expect("count")
    over = cursor.skip("over")
    return {"val": cursor.number(), **({"inv": True} if over else {})}


def read_counts(cursor: Cursor) -> Json:
    """Read `packets 5 bytes 300`; None where a counter does not say them. Raises NotNftError, ValueError."""
    if not cursor.skip("packets"):
        return None
    packets = cursor.number()
    cursor.expect("bytes")
    return {"packets": packets, "bytes": cursor.number()}
