"""What happened on a host between two instants, for a page."""

from collections.abc import Mapping

import msgspec

from netaudit.model.history.change import LoggedChange, LoggedExposure


class StoryLine(msgspec.Struct, frozen=True):
    """One line of the log: the look that it leads to, and its place among that look's lines, from 1."""

    look: int
    place: int
    change: LoggedChange


class Story(msgspec.Struct, frozen=True):
    """The changes of a host, oldest first, with what was open at the beginning.

    `projects` maps containers to the Compose project or stack that they are part of, where they are. `left_out` counts
    earlier changes that are not in it. `open_known` is false where what was open at the beginning was not computed.
    """

    host: str
    since: str
    until: str
    looks: int
    lines: tuple[StoryLine, ...]
    open_at_start: tuple[LoggedExposure, ...] = ()
    projects: Mapping[str, str] = {}
    left_out: int = 0
    open_known: bool = True
    engine: str = ""  # with its version, at the last look
