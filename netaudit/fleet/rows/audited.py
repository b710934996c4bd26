"""What is known of one recording when its rows are made."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any

import msgspec

from netaudit.attribute.attribution import AttributedChange, AttributedSnapshot, ExposureChange
from netaudit.attribute.services import Services
from netaudit.audit.finding import Audit
from netaudit.audit.risk import Mistake, gather_mistakes
from netaudit.model.docker import Container
from netaudit.model.snapshot import Snapshot
from netaudit.policy.verdict import Assertion


class Named(msgspec.Struct, frozen=True):
    """A recording's place in the fleet: `recording` is its name in all tables."""

    recording: str
    host: str
    taken_at: dt.datetime | None
    location: str
    stamp: str


class Differences(msgspec.Struct, frozen=True):
    """What differs from an earlier recording, or would after a rehearsal; `gap` says why nobody can tell."""

    against: str
    before: Named | None = None
    changes: tuple[AttributedChange, ...] = ()
    exposure: tuple[ExposureChange, ...] = ()
    gap: str = ""


class Audited(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A recording, audited. `since` is about the host's previous recording, None where it has none."""

    named: Named
    snapshot: Snapshot
    shown: AttributedSnapshot
    audit: Audit
    services: Services
    assertion: Assertion | None = None
    since: Differences | None = None
    rehearsal: Differences | None = None

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the open findings, gathered by what causes them."""
        return gather_mistakes(self.audit.open)

    @cached_property
    def containers(self) -> dict[str, Container]:
        """Return the containers by name."""
        inventory = self.snapshot.inventory
        return {one.name: one for one in inventory.containers} if inventory else {}

    @cached_property
    def key(self) -> Mapping[str, Any]:
        """Return the columns that every row begins with."""
        return {"recording": self.named.recording, "host": self.named.host, "taken_at": self.named.taken_at}

    @cached_property
    def of_container(self) -> Callable[[str], Mapping[str, Any]]:
        """Return what gives the columns about a container, by its name; most are asked for by many rows."""
        return cache(self._of_container)

    def _of_container(self, name: str) -> Mapping[str, Any]:
        known = self.containers.get(name)
        return {
            "container": name or None,
            "project": (known.project if known else "") or None,
            "service": (known.service if known else "") or None,
        }
