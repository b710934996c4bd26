"""What changed between two looks, line by line."""

import msgspec

from netaudit.model.observation import Process


class LoggedRule(msgspec.Struct, frozen=True, array_like=True):
    """One object of a ruleset that came, went, moved or was altered; `change` is a word such as `added`."""

    change: str
    backend: str
    family: str
    table: str
    chain: str
    text: str
    object: str = "rule"
    position: int = 0
    maker: str = ""
    before: str = ""  # the earlier text of what was altered


class LoggedExposure(msgspec.Struct, frozen=True, array_like=True):
    """Who could reach what before, and can now, in words."""

    zone: str
    target: str
    before: str
    after: str
    container: str = ""
    outside: bool = False


class LoggedChange(msgspec.Struct, frozen=True, array_like=True):
    """One line of a log: what one writer changed for one cause.

    It happened after `since`, when the host was last seen without it, and no later than `at`; `exact` says that the
    kernel itself told of it at `at`. `rewritten` counts objects that were made or deleted and are as they were.
    """

    since: str
    at: str
    exact: bool = False
    writer: Process | None = None
    unknown: str = ""  # why the writer is not known
    cause: str = ""
    containers: tuple[str, ...] = ()
    rules: tuple[LoggedRule, ...] = ()
    exposure: tuple[LoggedExposure, ...] = ()
    rewritten: int = 0
    notes: tuple[str, ...] = ()  # what else is to be known, such as events that were lost

    def count(self, *changes: str) -> int:
        """Count the rules that were changed so."""
        return sum(one.object == "rule" and one.change in changes for one in self.rules)
