"""Times that a recording has: read as times, never taken for a text that may be part of anything."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_time(text: str) -> datetime | None:
    """Return the instant that RFC 3339 writes so; None for any other text."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # there is no 31 February, nor a year before the first
        return None
