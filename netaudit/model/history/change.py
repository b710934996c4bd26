"""What changed between two looks, line by line."""

from enum import StrEnum

import msgspec

from netaudit.model.observation import Process


class CauseOf(StrEnum):
    """What brought a change about."""

    CONTAINER = "container"  # the engine started, stopped, connected a container
    NETWORK = "network"  # the engine made or removed a network
    ENGINE = "engine"  # the engine itself, such as at its start
    PROGRAM = "program"  # another program that keeps rules of its own, such as firewalld
    OPERATOR = "operator"  # a person, or a script of theirs: no program that is known explains it
    HOST = "host"  # addresses, routes or settings changed, and no rule
    UNKNOWN = "unknown"


class LoggedCause(msgspec.Struct, frozen=True, array_like=True):
    """What brought a change about; `events` are the engine's, each with how often it came.

    `became` is what two looks tell where no event was heard: `started`, `removed`.
    """

    kind: CauseOf
    name: str = ""
    events: tuple[tuple[str, int], ...] = ()
    became: str = ""


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
    cause: LoggedCause = LoggedCause(CauseOf.UNKNOWN)
    containers: tuple[str, ...] = ()
    rules: tuple[LoggedRule, ...] = ()
    exposure: tuple[LoggedExposure, ...] = ()
    rewritten: int = 0
    notes: tuple[str, ...] = ()  # what else is to be known, such as events that were lost

    def count(self, *changes: str) -> int:
        """Count the rules that were changed so."""
        return sum(one.object == "rule" and one.change in changes for one in self.rules)
