"""Matches, verdict maps, and statements that set a key -> JSON."""

from netaudit.parse.nftables.formats import PLAIN, Json, formats_of
from netaudit.parse.nftables.text.expressions import read_data, read_expression, read_flags, read_object, read_value
from netaudit.parse.nftables.text.keys import read_key
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError
from netaudit.parse.nftables.text.usual_names import kinds_of, name_data, with_names

_OPERATORS = {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!": "!"}
_WORDS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
# Keys whose values are bits: without an operator, one of the bits is asked for.
_BITS = ({"state", "status", "label", "labels", "event"}, {"flags"})
_SECMARK = {"meta": {"key": "secmark"}}
_OBJECTS = ("helper", "timeout", "expectation")


def read_match(cursor: Cursor) -> Json:
    """Read what begins with a key: `tcp dport 80`, `tcp dport vmap …`, `meta mark set 0x1`. Raises NotNftError."""
    left = read_expression(cursor)
    if not isinstance(left, dict):
        raise NotNftError
    if cursor.skip("vmap"):
        return {"vmap": {"key": left, "data": name_data(read_data(cursor), left)}}
    if cursor.skip("set"):
        return _set(cursor, left)
    return {"match": _compared(cursor, left)}


def _set(cursor: Cursor, key: Json) -> Json:
    name = key.get("ct", {}).get("key") if "ct" in key else ""
    if name in _OBJECTS and cursor.peek().kind is not Kind.MARK:
        return {f"ct {name}": read_object(cursor)}
    formats = formats_of(key)
    value = _assigned(cursor, formats[0] is PLAIN[0], key)
    if name in ("event", "label"):
        value = read_flags(cursor, value)
    value = with_names(value, kinds_of(key))
    if key == _SECMARK and (isinstance(value, str) or "map" in value):
        return {"secmark": value}
    return {"mangle": {"key": key, "value": value}}


def _assigned(cursor: Cursor, plain: bool, key: Json) -> Json:  # noqa: FBT001 (how constants of the key are read)
    at = cursor.at
    if read_key(cursor, read_expression) is not None or cursor.peek().text == "(":
        cursor.at = at
        value = read_expression(cursor)
        return {"map": {"key": value, "data": name_data(read_data(cursor), value)}} if cursor.skip("map") else value
    cursor.at = at
    return read_value(cursor, PLAIN if plain else formats_of(key))


def _compared(cursor: Cursor, left: Json) -> dict[str, Json]:
    """Read the operator and the right side."""
    token = cursor.peek()
    given = _OPERATORS.get(token.text, "") if token.kind is Kind.MARK else _WORDS.get(cursor.word(), "")
    if given:
        cursor.take()
    right = read_value(cursor, formats_of(left))
    if not isinstance(right, dict) or "set" not in right:
        right = read_flags(cursor, right)
    left, right = _with_mask_named(left), with_names(right, kinds_of(left))
    if isinstance(right, str) and right == "/":
        raise NotNftError
    if cursor.skip("/"):  # `tcp flags syn / fin,syn`, as nft before 1.1 prints a mask
        mask = read_flags(cursor, cursor.take().text)
        return {"op": given or "==", "left": {"&": [left, mask]}, "right": right}
    return {"op": given or ("in" if _is_bits(left, right) else "=="), "left": left, "right": right}


def _with_mask_named(left: Json) -> Json:
    match left:
        case {"&": [key, mask]}:
            return {"&": [key, with_names(mask, kinds_of(key))]}
        case _:
            return left


def _is_bits(left: Json, right: Json) -> bool:
    if (isinstance(right, dict) and not {"set", "range"}.isdisjoint(right)) or str(right).startswith("@"):
        return False
    match left:
        case {"ct": {"key": key}}:
            return key in _BITS[0]
        case {"payload": {"protocol": "tcp", "field": field}}:
            return field in _BITS[1]
        case _:
            return False
