"""`@yesterday`, `@-3`, `@17`, `@2026-11-27T10:00`: the look that a person means.

| Written | Means the host as it was |
|---|---|
| `@last` | at the last look |
| `@-3` | three looks before the last |
| `@17` | at look 17, as `netaudit log` numbers them |
| `@30m`, `@2h`, `@3d` | so long ago |
| `@yesterday` | a day ago |
| `@today` | at midnight |
| `@2026-11-27`, `@2026-11-27T10:00` | then, in local time unless it says Z or an offset |
"""

import re
from datetime import datetime, timedelta

from netaudit.errors import SubjectError, UsageError
from netaudit.history.history import History
from netaudit.model.history.look import Look
from netaudit.store import parse_time

NOW = "@now"
_BACK, _NUMBER = re.compile(r"-(\d{1,9})"), re.compile(r"\d{1,9}")
_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_HINT = "such as @last, @-3, @17, @2h, @yesterday, @2026-11-27T10:00"


def is_reference(text: str) -> bool:
    """Tell a reference from a path: a file whose name begins with @ is named by ./@NAME."""
    return text.startswith("@")


def find_look(history: History, text: str, now: datetime) -> Look:
    """Return the look that a reference means. Raises SubjectError for no such look, UsageError for other words."""
    looks = history.list_all()
    if not looks:
        raise SubjectError(f"{history.name} has no look yet", hint="`netaudit record` or `netaudit watch` makes one")
    word = text.removeprefix("@")
    if word == "last":
        return looks[-1]
    if found := _BACK.fullmatch(word):
        return _back(looks, int(found[1]), history.name)
    if _NUMBER.fullmatch(word):
        return _numbered(looks, int(word), history.name)
    return at_time(looks, read_time(word, now), history.name)


def at_time(looks: tuple[Look, ...], at: datetime, name: str) -> Look:
    """Return the look that holds at an instant: the latest that had been made by then."""
    for look in reversed(looks):
        taken = parse_time(look.taken_at)
        if taken is not None and taken <= at:
            return look
    raise SubjectError(
        f"{name} knows nothing of {at:%Y-%m-%d %H:%M}",
        hint=f"its first look is of {looks[0].taken_at}: @{looks[0].number}",
    )


def read_time(word: str, now: datetime) -> datetime:
    """Read an instant as a person writes it; without a zone it is in that of `now`. Raises UsageError."""
    if word == "yesterday":
        return now - timedelta(days=1)
    if word == "today":
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if found := _AGO.fullmatch(word):
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
        at = datetime.fromisoformat(word)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"@{word} names no look and no time", hint=_HINT) from error
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def _back(looks: tuple[Look, ...], count: int, name: str) -> Look:
    if count >= len(looks):
        raise SubjectError(f"{name} has only {len(looks)} looks", hint=f"the first is @{looks[0].number}")
    return looks[-1 - count]


def _numbered(looks: tuple[Look, ...], number: int, name: str) -> Look:
    found = next((look for look in looks if look.number == number), None)
    if found is None:
        raise SubjectError(
            f"{name} has no look {number}",
            hint=f"it has @{looks[0].number} to @{looks[-1].number}; `netaudit log` lists them",
        )
    return found
