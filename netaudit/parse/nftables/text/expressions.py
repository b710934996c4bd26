"""What an nft rule reads of a packet -> JSON: `tcp dport`, `meta mark & 0xff`, `ip saddr . tcp dport`, maps, sets."""

import msgspec

from netaudit.parse.nftables.formats import OPERATORS, PLAIN, Json, NftFormats, formats_of
from netaudit.parse.nftables.text.constants import read_constant
from netaudit.parse.nftables.text.elements import read_braced
from netaudit.parse.nftables.text.keys import read_key
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError, Token

_WORDS = {"and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>"}
_LOOSEST = max(OPERATORS.values())


def read_expression(cursor: Cursor) -> Json:
    """Read an expression; a concatenation of several. Raises NotNftError."""
    parts = [read_binary(cursor)]
    while cursor.skip("."):
        parts.append(read_binary(cursor))
    return parts[0] if len(parts) == 1 else {"concat": parts}


def read_binary(cursor: Cursor, level: int = _LOOSEST) -> Json:
    """Read what operators of up to this looseness join. Raises NotNftError."""
    if level < 0:
        return _primary(cursor)
    left = read_binary(cursor, level - 1)
    while (operator := _operator(cursor)) and OPERATORS[operator] == level:
        cursor.take()
        left = _joined(operator, left, read_binary(cursor, level - 1))
    return left


def _operator(cursor: Cursor) -> str:
    token = cursor.peek()
    text = _WORDS.get(token.text, token.text)
    return text if token.kind in (Kind.MARK, Kind.WORD) and text in OPERATORS else ""


def _joined(operator: str, left: Json, right: Json) -> Json:
    """Join two operands; names of flags stand in one list, as nft prints them."""
    if isinstance(left, dict) and isinstance(right, str) and set(left) == {operator}:
        parts = left[operator]
        if all(isinstance(part, str) for part in parts):
            return {operator: [*parts, right]}
    return {operator: [left, right]}


def _primary(cursor: Cursor) -> Json:
    if cursor.skip("("):
        cursor.deeper()
        inner = read_binary(cursor)
        cursor.expect(")")
        cursor.higher()
        return inner
    key = read_key(cursor, read_expression)
    return read_constant(_constant_token(cursor)) if key is None else key


def _constant_token(cursor: Cursor) -> Token:
    token = cursor.take()
    if token.kind not in (Kind.WORD, Kind.TEXT):
        raise NotNftError
    return token


def read_value(cursor: Cursor, formats: NftFormats = PLAIN) -> Json:
    """Read what a key is compared with, or set to: a set, a map's result, constants. Raises NotNftError."""
    if cursor.peek().text == "{" and cursor.peek().kind is Kind.MARK:
        return {"set": read_braced(cursor, read_element)}
    parts = [_operand(cursor, formats, 0)]
    while cursor.skip("."):
        parts.append(_operand(cursor, formats, len(parts)))
    value: Json = parts[0] if len(parts) == 1 else {"concat": parts}
    if cursor.skip("map"):
        return {"map": {"key": value, "data": read_data(cursor)}}
    return value


def read_object(cursor: Cursor) -> Json:
    """Read the name of an object, or what is looked up for it: `"c"`, `ip saddr map { 192.0.2.1 : "c" }`.

    Raises NotNftError.
    """
    at = cursor.at
    if cursor.peek().kind is Kind.WORD:
        found = read_value(cursor)
        if isinstance(found, dict) and "map" in found:
            return found
    cursor.at = at
    return cursor.take().text


def read_data(cursor: Cursor) -> Json:
    """Read what a map or a verdict map looks up: its name, or its elements. Raises NotNftError."""
    if cursor.word().startswith(("@", "$")):
        return cursor.take().text
    return {"set": read_braced(cursor, read_element)}


def _operand(cursor: Cursor, formats: NftFormats, at: int) -> Json:
    """Read one constant with what is joined to it: `fin | syn`, `established,related`, `"08:00"-"17:00"`."""
    token = cursor.peek()
    form = formats[at] if at < len(formats) else PLAIN[0]
    if token.kind is Kind.TEXT and cursor.word(1) == "-" and cursor.peek(2).kind is Kind.TEXT:
        first, _, last = cursor.take(), cursor.take(), cursor.take()
        return {"range": [first.text, last.text]}
    if token.kind is Kind.WORD and cursor.word(1) == "-" and cursor.peek(2).kind is Kind.WORD:  # `80 - 90`
        first, _, last = cursor.take(), cursor.take(), cursor.take()
        return read_constant(msgspec.structs.replace(first, text=f"{first.text}-{last.text}"))
    if token.kind is Kind.TEXT or (token.kind is Kind.WORD and form is not PLAIN[0] and _is_lone(cursor)):
        return read_constant(cursor.take(), form)
    return read_binary(cursor)


def _is_lone(cursor: Cursor) -> bool:
    """Return whether the next word is a constant that nothing is joined to."""
    at = cursor.at
    key = read_key(cursor, read_expression)
    cursor.at = at
    return key is None and cursor.peek(1).text not in OPERATORS


def read_flags(cursor: Cursor, first: Json) -> Json:
    """Read the other flags of `established,related`; one alone stays what it is. Raises NotNftError."""
    found = [first]
    while cursor.skip(","):
        found.append(read_constant(_constant_token(cursor)))
    return first if len(found) == 1 else found


def read_element(cursor: Cursor) -> Json:
    """Read an element's value: a constant, a concatenation of them, or a verdict behind a colon."""
    verdict = read_verdict(cursor)
    return read_value(cursor) if verdict is None else verdict


def read_verdict(cursor: Cursor) -> Json:
    """Read a verdict; None for anything else. Raises NotNftError."""
    if name := cursor.skip("accept", "drop", "continue", "return"):
        return {name: None}
    if name := cursor.skip("jump", "goto"):
        return {name: {"target": _constant_token(cursor).text}}
    return None


__all__ = [
    "formats_of",
    "read_binary",
    "read_data",
    "read_expression",
    "read_flags",
    "read_object",
    "read_value",
    "read_verdict",
]
