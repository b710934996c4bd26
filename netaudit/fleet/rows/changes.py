"""The rows of `changes`."""

from collections.abc import Iterator
from typing import Any

from netaudit.attribute.attribution import AttributedChange, ExposureChange
from netaudit.diff import Added, Altered, Moved, Removed
from netaudit.fleet.rows.audited import Audited, Differences
from netaudit.fleet.rows.exposure import is_outside, ports_text, sensitive
from netaudit.fleet.tables.change import ChangeRow
from netaudit.model.exposure import Outcome
from netaudit.report.text.words import verb


def change_rows(audited: Audited) -> Iterator[ChangeRow]:
    """List what differs from the previous recording, then what would differ after a rehearsal."""
    for found in filter(None, (audited.since, audited.rehearsal)):
        yield from (_rule(one, found, audited) for one in found.changes)
        yield from (_exposure(one, found, audited) for one in found.exposure)


def _against(found: Differences, audited: Audited) -> dict[str, Any]:
    return {
        **audited.key,
        "against": found.against,
        "before_recording": found.before.recording if found.before else None,
        "before_at": found.before.taken_at if found.before else None,
    }


def _rule(one: AttributedChange, found: Differences, audited: Audited) -> ChangeRow:
    attribution = one.attribution
    before, after = _texts(one)
    container = next((cause.container.name for cause in attribution.causes if cause.container), "")
    return ChangeRow(
        **_against(found, audited),
        kind="rule",
        change=verb(one.change),
        place=one.change.item.where,
        before=before,
        after=after,
        outside=None,
        protocol=None,
        address=None,
        ports=None,
        sensitive=None,
        maker=attribution.maker or None,
        signature=attribution.signature or None,
        cause="; ".join(map(str, attribution.causes)) or None,
        **audited.of_container(container),
    )


def _texts(one: AttributedChange) -> tuple[str | None, str | None]:
    match one.change:
        case Added(item):
            return None, item.text
        case Removed(item):
            return item.text, None
        case Altered(item, before) | Moved(item, before):
            return before.text, item.text


def _exposure(one: ExposureChange, found: Differences, audited: Audited) -> ChangeRow:
    shown = one.after or one.before
    assert shown  # noqa: S101 (one of them is there)
    exposure, to = shown.exposure, shown.exposure.destination
    return ChangeRow(
        **_against(found, audited),
        kind="exposure",
        change=_turn(one),
        place=str(exposure.zone),
        before=str(one.before.exposure.outcome) if one.before else None,
        after=str(one.after.exposure.outcome) if one.after else None,
        outside=is_outside(exposure.zone),
        protocol=to.protocol,
        address=to.address,
        ports=ports_text(to),
        sensitive=sensitive(to, audited),
        maker=shown.attribution.maker or None,
        signature=shown.attribution.signature or None,
        cause=one.because or None,
        **audited.of_container(to.container_name),
    )


def _turn(one: ExposureChange) -> str:
    """Say whether packets get through now that did not."""
    open_before = one.before is not None and one.before.exposure.outcome is Outcome.ALLOWED
    open_after = one.after is not None and one.after.exposure.outcome is Outcome.ALLOWED
    if open_before == open_after:
        return "altered"
    return "opened" if open_after else "closed"
