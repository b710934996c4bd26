"""What a watcher tells at once: something that went wrong on the host, and that it is over."""

from enum import StrEnum

import msgspec

from netaudit.model.history.change import LoggedChange


class AlertKind(StrEnum):
    """What an alert is about."""

    POLICY = "policy-broken"
    OPEN = "sensitive-port-open"
    MISSING = "docker-rule-missing"
    NOT_RESTORED = "firewall-not-restored"  # a firewall was loaded, and the engine's rules did not come back
    WRITER = "unknown-writer"


class AlertState(StrEnum):
    """Whether it begins, or is over."""

    RAISED = "raised"
    OVER = "over"


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """Something that lasts until it is mended; `key` is the same as long as it does.

    `unseen` are the sources that could not be read when it was found: that others cannot be read does not end it.
    """

    kind: AlertKind
    key: str
    words: str
    since: str = ""  # when it was first seen
    unseen: tuple[str, ...] = ()


class Alert(msgspec.Struct, frozen=True):
    """One message about one problem: when, on which host, at which look, and what had changed there."""

    state: AlertState
    problem: Problem
    at: str
    host: str
    look: int
    changes: tuple[LoggedChange, ...] = ()
