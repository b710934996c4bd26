"""How many columns a text takes, and how to make it take fewer."""

import unicodedata


def shorten(text: str, columns: int) -> str:
    """Cut the middle out of what is too long: names may go, the address or port at an end stays."""
    if columns_of(text) <= columns:
        return text
    half = max((columns - 1) // 2, 1)
    head, tail = _take(text, half), _take(text[::-1], half)[::-1]
    return f"{head}…{tail}"


def _take(text: str, columns: int) -> str:
    taken = ""
    used = 0
    for char in text:
        used += columns_of(char)
        if used > columns:
            break
        taken += char
    return taken


def columns_of(text: str) -> int:
    """Count columns of monospaced text: East Asian characters take two, marks over others none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
