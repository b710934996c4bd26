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


def visible(text: str) -> str:
    """Replace every character that could steer a terminal or reorder a line by its visible code."""
    return _UNSAFE.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    point = ord(found[0])
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, kept by surrogateescape
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
