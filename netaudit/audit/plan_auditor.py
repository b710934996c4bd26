"""A host before and after a command -> the judged plan."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedSnapshot,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Standing,
)
from netaudit.attribute.exposure.compute import with_exposure, with_exposure_changes
from netaudit.audit.auditor import Auditor
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.planned import JudgedChange, JudgedPlan
from netaudit.audit.run import run
from netaudit.audit.view.view import HostView
from netaudit.diff import Removed
from netaudit.model.plan import Assumption, Symbol
from netaudit.model.snapshot import Snapshot
from netaudit.plan.planned import Planned
from netaudit.plan.rules.planned import Certainty
from netaudit.plan.surroundings import changed_surroundings


def judge_plan(planned: Planned, auditor: Auditor) -> JudgedPlan:
    """Compare, attribute, expose and audit the host before and after."""
    before, after = planned.before, planned.after
    diff = attribute_diff(before, after, auditor.catalog)
    diff = msgspec.structs.replace(diff, changes=tuple(_by_command(one, planned.writer) for one in diff.changes))
    diff = with_exposure_changes(diff, before, after, auditor.catalog, auditor.exposure)
    earlier = _audit(before, auditor, None)
    later = _audit(after, auditor, diff)
    new = tuple(_new(earlier, later))
    there = {one.fingerprint for one in later.findings}
    return JudgedPlan(
        planned=planned,
        diff=diff,
        changes=tuple(_certain(one, planned) for one in diff.changes),
        surroundings=changed_surroundings(before.host, after.host),
        audit=later,
        new=new,
        gone=tuple(one for one in earlier.open if one.fingerprint not in there),
    )


def _audit(snapshot: Snapshot, auditor: Auditor, since: AttributedDiff | None) -> Audit:
    shown = _shown(snapshot, auditor)
    return run(HostView(snapshot, snapshot.program, shown, auditor.services, since), auditor.plan)


def _shown(snapshot: Snapshot, auditor: Auditor) -> AttributedSnapshot:
    attributed = attribute_snapshot(snapshot, auditor.catalog)
    return with_exposure(attributed, snapshot, auditor.catalog, auditor.choice, auditor.exposure)


def _new(earlier: Audit, later: Audit) -> Iterator[Finding]:
    severities = {one.fingerprint: one.severity.rank for one in earlier.findings}
    for one in later.open:
        if one.severity.rank > severities.get(one.fingerprint, -1):
            yield one


def _by_command(one: AttributedChange, writer: str) -> AttributedChange:
    """Name the command as the writer of a new rule that no maker of the catalog writes."""
    known = one.attribution.confidence is not Confidence.UNATTRIBUTED
    if not writer or known or isinstance(one.change, Removed):
        return one
    attribution = Attribution(
        confidence=Confidence.PROVED,
        maker="operator",
        causes=(Cause(CauseKind.OTHER, name=writer),),
        standing=Standing.FOREIGN,
    )
    return msgspec.structs.replace(one, attribution=attribution)


def _certain(one: AttributedChange, planned: Planned) -> JudgedChange:
    assumption = next((each for each in planned.assumptions if _is_about(each, one)), None)
    if assumption is not None:
        return JudgedChange(one, Certainty.LIKELY, assumption)
    symbolic = any(_holds(one.change.item.text, symbol) for symbol in planned.symbols)
    return JudgedChange(one, Certainty.SYMBOLIC if symbolic else Certainty.EXACT)


def _holds(text: str, symbol: Symbol) -> bool:
    return str(symbol) in text


def _is_about(assumption: Assumption, one: AttributedChange) -> bool:
    """Tell whether a change hangs on an assumption: it names a container or network that caused the change."""
    names = {name for _, value in assumption.args for name in value.split(", ")}
    refs = (ref for cause in one.attribution.causes for ref in (cause.container, cause.network) if ref)
    return any(ref.name in names for ref in refs)
