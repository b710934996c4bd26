"""Which waivers speak of a host's findings, and which finding each of them accepts."""

import datetime as dt
from collections.abc import Collection, Iterable

import msgspec

from netaudit.audit.checks.waiver import Waiver, label_waivers
from netaudit.audit.finding import Finding
from netaudit.model.docker import Container, Inventory


def waive(finding: Finding, waivers: Iterable[Waiver], today: dt.date, unheeded: Collection[Waiver] = ()) -> Finding:
    """Return a finding with the first waiver that accepts it; `unheeded` ones accept nothing."""
    for waiver in waivers:
        covers = waiver.covers(finding.check.id, finding.subject, finding.container, finding.about)
        if covers and not waiver.is_over(today) and waiver not in unheeded:
            return msgspec.structs.replace(finding, waiver=waiver)
    return finding


def own_waivers(before: Inventory | None, after: Inventory | None) -> tuple[Waiver, ...]:
    """Return the waivers in labels that a command brings: no container of that name had the same label before."""
    there = frozenset(_labels(before))
    return tuple(one for one in _labels(after) if one not in there)


def _labels(inventory: Inventory | None) -> Iterable[Waiver]:
    containers: tuple[Container, ...] = inventory.containers if inventory else ()
    return (one for container in containers for one in label_waivers(container))
