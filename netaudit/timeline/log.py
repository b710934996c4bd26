"""A history -> the lines of its log, worked out where nobody has yet, and those that are asked for."""

from collections.abc import Iterator

import msgspec

from netaudit.history import History
from netaudit.model.history.change import LoggedChange
from netaudit.model.history.look import Look


class Entry(msgspec.Struct, frozen=True):
    """One line of a log, and the look that it leads to; `place` counts the lines of that look, from 1."""

    look: Look
    place: int
    change: LoggedChange


def entries(history: History, first: int = 1) -> Iterator[Entry]:
    """Give the lines of a history from a look on, oldest first."""
    every = history.list_all()
    for before, look in zip((None, *every), every, strict=False):
        if look.number < first or before is None:
            continue
        for place, change in enumerate(changes_of(history, before, look), 1):
            yield Entry(look, place, change)


def changes_of(history: History, before: Look, look: Look) -> tuple[LoggedChange, ...]:
    """Return the lines of one look: as they were kept, else worked out from the look before it."""
    known = history.changes(look.number)
    if known is not None:
        return known
    from netaudit.timeline.between import changes_between  # noqa: PLC0415 (late: a watch has worked them out already)

    return changes_between(history.facts(before.number), history.facts(look.number), before.until)
