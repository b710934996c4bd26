"""Hostile text -> text that a terminal shows and does not obey.

Rule comments, container names and labels are whatever somebody typed: escape sequences, carriage returns,
bidirectional controls. Each such character is shown as its code.
"""

import re

# Beyond ASCII: C1 controls, line separators, bidirectional controls and isolates, what is invisible or has no width,
# lone surrogates.
_STEERING = (
    "\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSAFE = re.compile(f"[\x00-\x1f\x7f{_STEERING}\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f{_STEERING}]")


def visible(text: str) -> str:
    """Replace every character that could steer a terminal or reorder a line by its visible code."""
    return _UNSAFE.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    point = ord(found[0])
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, kept by surrogateescape
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def harmless_json(data: bytes) -> bytes:
    """Write what could steer a terminal in JSON's own escapes: its values stay what they are."""
    if data.isascii() and b"\x7f" not in data:
        return data
    return _UNSAFE_IN_JSON.sub(_json_code, data.decode()).encode()


def _json_code(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
