"""How many columns a text takes, and how to make it take fewer."""

import re

# All others take one column: ASCII, Latin letters, dashes and quotation marks, arrows and mathematical operators.
_NOT_PLAIN = re.compile(r"[^ -~\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff]")


def shorten(text: str, columns: int) -> str:
    """Return a text of at most so many columns, with its middle left out: what stands at the end often tells most."""
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
    """Count columns of monospaced text: East Asian characters take two, marks over others none.

    Characters are counted one by one, not as sequences of emoji: the parts have as many columns as the whole.
    """
    others = () if text.isascii() else _NOT_PLAIN.findall(text)
    if not others:
        return len(text)
    from wcwidth import wcwidth  # noqa: PLC0415 (importing it takes 25 ms, and most texts are plain)

    return len(text) - len(others) + sum(max(wcwidth(char), 0) for char in others)
