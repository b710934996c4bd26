"""Findings that an operator accepts: which, why, who answers for it, and until when."""

import datetime as dt
from fnmatch import fnmatchcase

import msgspec

from netaudit.model.docker import Container

_PREFIX = "netaudit.waive."
_FIELDS = ("reason", "owner", "until")


class Waiver(msgspec.Struct, frozen=True):
    """One accepted risk; all fields are needed. `check` and `subject` may be patterns (`web *:8080/tcp`).

    A subject `web 80/tcp`, as lists of findings print it, is the container's port: over IPv4 and IPv6, by any address.

    `place` is where it stands. `invalid` says what is wrong with one that a container's label holds: such a
    one waives nothing.
    """

    check: str
    subject: str
    reason: str
    owner: str
    until: dt.date
    place: str = ""
    container: str = ""  # of a label: it speaks of this container alone
    invalid: str = ""

    def is_over(self, today: dt.date) -> bool:
        """Return whether it waives nothing any more: its last day is past."""
        return self.until < today

    @property
    def is_of_everything(self) -> bool:
        """Return whether it speaks of every check and every subject."""
        return not self.container and set(self.check) == set(self.subject) == {"*"}

    def covers(self, check: str, subject: str, container: str, about: str = "") -> bool:
        """Return whether it speaks of such a finding."""
        if self.invalid or not fnmatchcase(check, self.check):
            return False
        if self.container:
            return container == self.container
        return fnmatchcase(subject, self.subject) or (about != "" and fnmatchcase(about, self.subject))


def label_waivers(container: Container) -> tuple[Waiver, ...]:
    """Read a container's labels: `netaudit.waive.CHECK-ID = "reason=…; owner=…; until=2027-01-31"`."""
    return tuple(_label(container.name, name, text) for name, text in container.waivers)


def _fields(text: str) -> dict[str, str]:
    """Split `reason=…; owner=…`; by hand, for a container's label may be of any length."""
    parts = (part.partition("=") for part in text.split(";"))
    return {key.strip(): value.strip() for key, _, value in parts}


def _label(container: str, name: str, text: str) -> Waiver:
    fields = _fields(text)
    lacking = [key for key in _FIELDS if not fields.get(key)]
    until, invalid = dt.date.min, f"lacks {', '.join(lacking)}" if lacking else ""
    try:
        until = dt.date.fromisoformat(fields.get("until", ""))
    except ValueError:
        invalid = invalid or f"until is no date: {fields['until']}"
    return Waiver(
        check=name.removeprefix(_PREFIX),
        subject=f"container {container}",
        reason=fields.get("reason", ""),
        owner=fields.get("owner", ""),
        until=until,
        place=f"label {name} of container {container}",
        container=container,
        invalid=invalid,
    )
