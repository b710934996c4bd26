"""The first page of a server: the looks of a history, and forms that ask for one or compare two."""

from collections.abc import Iterable

import msgspec

from netaudit.model.history.change import LoggedChange
from netaudit.report.templating.own_page import Forms, render_page
from netaudit.report.text.history.log import describe_change
from netaudit.report.text.words import say_time

_SHOWN = 3


class LookRow(msgspec.Struct, frozen=True):
    """A look, and what changed since the one before it."""

    number: int
    taken_at: str
    until: str
    origin: str
    changes: tuple[LoggedChange, ...]

    @property
    def when(self) -> str:
        """Say from when to when the host was so."""
        times = dict.fromkeys((self.taken_at, self.until))
        return " until ".join(map(say_time, times))

    @property
    def words(self) -> tuple[str, ...]:
        """Say what changed."""
        more = len(self.changes) - _SHOWN
        said = tuple(describe_change(one) for one in self.changes[:_SHOWN])
        return (*said, f"and {more} more") if more > 0 else said


class Index(msgspec.Struct, frozen=True):
    """The page."""

    title: str
    rows: tuple[LookRow, ...]
    looks: int


def render_index(host: str, rows: Iterable[LookRow], looks: int) -> str:
    """Print the page."""
    page = Index(host or "a host", tuple(rows), looks)
    return render_page("index.html.j2", page, ("colours", "style", "history"), "history", Forms.HERE)
