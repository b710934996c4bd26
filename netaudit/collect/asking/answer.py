"""What a source answers."""

import msgspec

from netaudit.model.facts import Gap, Source


class Answered(msgspec.Struct, frozen=True):
    """A source printed this."""

    source: Source
    data: bytes


class Unused(msgspec.Struct, frozen=True):
    """A source was looked at, and the host does not use it."""

    source: Source


Answer = Answered | Unused | Gap
