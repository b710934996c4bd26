"""What stands in the replica for a rule that could not be loaded there, so that all others keep their positions."""

import re

_WORD = "netaudit-placeholder-"
_IN_TEXT = re.compile(rf"{_WORD}(\d+)")


def placeholder(number: int) -> str:
    """Return the comment of a rule that only holds a place."""
    return f"{_WORD}{number}"


def placeholder_number(text: str) -> int | None:
    """Return the number of the placeholder that a text names, None where it names none."""
    found = _IN_TEXT.search(text)
    return int(found[1]) if found else None
