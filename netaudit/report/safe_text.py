"""Hostile text -> text that a terminal shows and does not obey.

Rule comments, container names and labels are whatever somebody typed: escape sequences, carriage returns,
bidirectional controls. Each such character is shown as its code.
"""

import re

# C0 and C1 controls, line separators, bidirectional controls and isolates, zero-width marks, lone surrogates,
# and what no XML may hold.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f\ud800-\udfff]"
)
# JSON's own line breaks and spaces stay; its encoder has escaped C0 controls, and lone surrogates it refuses.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Replace every character that could steer a terminal or reorder a line by its visible code."""
    return _UNSAFE.sub(_code, text)


def escaped_in_json(document: bytes) -> bytes:
    """Write such characters of a JSON document as JSON's escapes: the value is the same, and nobody obeys it."""
    if document.isascii():
        return document
    return _UNSAFE_IN_JSON.sub(_json_code, document.decode()).encode()


def _json_code(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _code(found: re.Match[str]) -> str:
    point = ord(found[0])
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, kept by surrogateescape
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
