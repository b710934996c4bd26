"""The history of a host: looks at it."""

from enum import StrEnum

import msgspec


class Origin(StrEnum):
    """What made a look."""

    WATCH = "watch"
    RECORD = "record"
    RUN = "run"
    KEPT = "kept"  # a recording in a folder, taken over


class Look(msgspec.Struct, frozen=True):
    """One recording of a history; from `taken_at` to `until` every look saw the same.

    `number` counts the looks of a history, from 1. Times are RFC 3339, UTC.
    """

    number: int
    taken_at: str
    until: str
    host: str
    origin: Origin
