"""What a table of nft's text declares beside chains: sets, maps, and objects with a name -> JSON."""

from collections.abc import Callable, Iterator

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.constants import read_constant, read_duration, read_milliseconds
from netaudit.parse.nftables.text.data_types import data_type
from netaudit.parse.nftables.text.elements import read_braced, read_counts
from netaudit.parse.nftables.text.expressions import read_element, read_expression
from netaudit.parse.nftables.text.rates import in_bytes, read_limit, read_quota
from netaudit.parse.nftables.text.statements import read_statement
from netaudit.parse.nftables.text.structure.chains import read_devices, read_priority
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError
from netaudit.parse.nftables.text.usual_names import kinds_of, with_names

_FLAGS = ("constant", "interval", "timeout", "dynamic")  # in the order of nft's JSON
_OBJECTS = ("verdict", "counter", "quota", "limit", "synproxy", "secmark")
Line = Callable[[Cursor, dict[str, Json], str], None]


def read_set_line(cursor: Cursor, body: dict[str, Json], family: str) -> None:
    """Read one line of a set or map into its object. Raises NotNftError, ValueError."""
    name = cursor.take().text
    match name:
        case "type" | "typeof":
            _type(cursor, body, typeof=name == "typeof")
        case "flags":
            body["flags"] = _in_order([*body.get("flags", []), *_words(cursor)])
        case "timeout" | "gc-interval":
            body[name] = _duration(cursor, read_duration)
        case "size":
            body["size"] = cursor.number()
        case "policy" | "comment":
            body[name] = cursor.take().text
        case "auto-merge":
            body[name] = True
        case "elements":
            cursor.expect("=")
            body["elem"] = read_braced(cursor, read_element)
        case _:
            cursor.at -= 1
            body["stmt"] = [*body.get("stmt", []), *_statements(cursor, family)]


def _statements(cursor: Cursor, family: str) -> Iterator[Json]:
    while cursor:
        yield read_statement(cursor, family)


def finish_set(body: dict[str, Json]) -> None:
    """Add the flag that nft's text leaves away where a time-out stands; name the elements as nft does without `-n`."""
    if "elem" in body:
        body["elem"] = with_names({"set": body["elem"]}, kinds_of(body.get("type")))["set"]
    if isinstance(body.get("map"), str | list):
        kinds = kinds_of(body["map"])
        body["elem"] = [_valued(one, kinds) for one in body.get("elem", [])]
        if not body["elem"]:
            del body["elem"]
    if "timeout" in body and "timeout" not in body.get("flags", ()):
        body["flags"] = _in_order([*body.get("flags", []), "timeout"])


def _valued(element: Json, kinds: tuple[str, ...]) -> Json:
    match element:
        case [key, value]:
            return [key, with_names(value, kinds)]
        case _:
            return element


def _in_order(flags: list[str]) -> list[str]:
    known = [flag for flag in _FLAGS if flag in flags]
    return known + [flag for flag in flags if flag not in _FLAGS]


def _words(cursor: Cursor) -> list[str]:
    found = [cursor.take().text]
    while cursor.skip(","):
        found.append(cursor.take().text)
    return found


def _type(cursor: Cursor, body: dict[str, Json], *, typeof: bool) -> None:
    body["type"] = _kind(cursor, typeof=typeof)
    if cursor.skip(":"):
        cursor.skip("interval")
        body["map"] = data_type(_kind(cursor, typeof=typeof and cursor.word() not in _OBJECTS))


def _kind(cursor: Cursor, *, typeof: bool) -> Json:
    if typeof:
        return {"typeof": read_expression(cursor)}
    if cursor.skip("ct"):
        return f"ct {cursor.take().text}"
    parts = [cursor.take().text]
    while cursor.skip("."):
        parts.append(cursor.take().text)
    return parts[0] if len(parts) == 1 else parts


def _duration(cursor: Cursor, read: Callable[[str], int | None]) -> int:
    found = read(cursor.take().text)
    if found is None:
        raise NotNftError
    return found


def read_object_line(cursor: Cursor, body: dict[str, Json], kind: str, family: str) -> None:
    """Read one line of a counter, quota, limit, flowtable, helper and the like. Raises NotNftError, ValueError."""
    if cursor.word() == "comment":
        cursor.take()
        body["comment"] = cursor.take().text
        return
    match kind:
        case "counter":
            body |= read_counts(cursor) or {}
        case "quota":
            body |= in_bytes(read_quota(cursor))
        case "limit":
            body |= read_limit(cursor)
        case "flowtable":
            _flowtable(cursor, body, family)
        case _:
            _configured(cursor, body)


def _flowtable(cursor: Cursor, body: dict[str, Json], family: str) -> None:
    if cursor.skip("hook"):
        body["hook"] = cursor.take().text
        cursor.expect("priority")
        body["prio"] = read_priority(cursor, family)
    elif cursor.word() == "devices":
        body |= read_devices(cursor)
    elif cursor.skip("flags"):
        body["flags"] = _words(cursor)
    else:
        body[cursor.take().text] = True


def _configured(cursor: Cursor, body: dict[str, Json]) -> None:
    """Read `type "ftp" protocol tcp`, `l3proto ip`, `policy = { established : 100 }`, `mss 1460`, `timeout 1h`."""
    while cursor:
        token = cursor.take()
        name = token.text
        if token.kind is Kind.TEXT:  # what a secmark stands for
            body["context"] = name
        elif name in ("timestamp", "sack-perm"):
            body.setdefault("flags", []).append(name)
        elif name == "policy":
            cursor.expect("=")
            body["policy"] = dict(_policy(read_braced(cursor, _word)))
        elif name == "timeout":
            body[name] = _duration(cursor, read_milliseconds)
        else:
            body[name] = read_constant(cursor.take())


def _word(cursor: Cursor) -> Json:
    word = cursor.take().text
    seconds = read_duration(word)
    return word if seconds is None else seconds


def _policy(pairs: list[Json]) -> list[tuple[str, Json]]:
    return [(str(pair[0]), pair[1]) for pair in pairs if isinstance(pair, list)]
