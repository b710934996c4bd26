"""Findings that a policy permits: what they are about may be reached, as somebody wrote down."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from netaudit.audit.finding import Finding
from netaudit.model.exposure import Exposure, Outcome, ZoneKind

if TYPE_CHECKING:
    from netaudit.policy.hold import Held

_OUTSIDE = frozenset({ZoneKind.INTERNET, ZoneKind.LAN})


def permit(finding: Finding, held: "Held | None") -> Finding:
    """Return a finding with the entry that permits it: one for all that outsiders reach of its subject."""
    permits = held.permits if held else None
    if permits is None or not finding.check.permissible:
        return finding
    entries = [permits.entry_for(one) for one in _reached(finding)]
    if not entries or None in entries:
        return finding
    return msgspec.structs.replace(finding, permit=entries[0])


def _reached(finding: Finding) -> Iterator[Exposure]:
    """Yield what outsiders reach, or may, by the finding's evidence."""
    for cell in finding.evidence.cells:
        if cell.exposure.zone.kind in _OUTSIDE and cell.exposure.outcome is not Outcome.BLOCKED:
            yield cell.exposure
