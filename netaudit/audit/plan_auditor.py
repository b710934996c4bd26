"""A host before and after a command -> the judged plan."""

from collections.abc import Iterator, Sequence

import msgspec

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import (
    KERNEL_MAKER,
    OPERATOR_MAKER,
    AttributedChange,
    AttributedDiff,
    AttributedSnapshot,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Standing,
)
from netaudit.attribute.exposure.causes import Tense
from netaudit.attribute.exposure.compute import (
    Tables,
    choose_rows,
    with_exposure,
    with_exposure_changes,
    with_tables,
)
from netaudit.attribute.exposure.ways import shared_spaces
from netaudit.audit.aspects import gather_aspects
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.planned import JudgedChange, JudgedPlan
from netaudit.audit.since import gone, newness
from netaudit.audit.waiving import own_waivers
from netaudit.diff import Added, Altered, Removed
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.model.plan import Assumption, AssumptionKind
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.plan.planned import Planned
from netaudit.plan.rules.planned import Certainty
from netaudit.plan.spelling import spell
from netaudit.plan.surroundings import changed_surroundings
from netaudit.policy.subjects import own_ports

# What decides over a rule, its text and position; others decide whether the command succeeds at all.
_ABOUT_TEXTS = frozenset(
    {
        AssumptionKind.EXPOSED_UNKNOWN,
        AssumptionKind.SUBNET_LIKELY,
        AssumptionKind.NAMESERVERS_UNKNOWN,
        AssumptionKind.START_ORDER,
        AssumptionKind.STARTED_TOGETHER,
        AssumptionKind.JOIN_ORDER,
        AssumptionKind.MADE_TOGETHER,
        AssumptionKind.PORT_ORDER,
        AssumptionKind.ADDRESSES_IN_USE,
        AssumptionKind.TASK_PLACEMENT,
    }
)


def judge_plan(planned: Planned, auditor: Auditor, *, own_labels: bool = False) -> JudgedPlan:
    """Compare, attribute, expose and audit the host before and after.

    A waiver in a label that the command brings itself accepts nothing without `own_labels`: who asks for a change would
    else judge it too.
    """
    before, after = planned.before, planned.after
    unheeded = () if own_labels else own_waivers(before.inventory, after.inventory)
    diff = attribute_diff(before, after, auditor.catalog)
    diff = msgspec.structs.replace(diff, changes=tuple(_by_command(one, planned.writer) for one in diff.changes))
    with shared_spaces():
        shown = _shown(before, auditor), _shown(after, auditor)
    diff = _with_exposure(diff, planned, shown, auditor)
    earlier = auditor.audit_changed(before, shown[0], None)
    asked = msgspec.structs.replace(auditor.plan, unheeded=frozenset(unheeded))
    later = msgspec.structs.replace(auditor, plan=asked).audit_changed(after, shown[1], diff)
    found = _found(earlier, later, _written(diff, planned.writer))
    diff = spell(diff, planned.symbols)
    return JudgedPlan(
        planned=planned,
        diff=diff,
        changes=tuple(_certain(diff.changes, planned)),
        surroundings=spell(changed_surroundings(before.host, after.host), planned.symbols),
        audit=msgspec.structs.replace(later, assertion=spell(later.assertion, planned.symbols)),
        **{name: spell(findings, planned.symbols) for name, findings in found.items()},
        gone=spell(gone(earlier, later), planned.symbols),
        unheeded=unheeded,
        held_before=earlier.assertion,
    )


def _with_exposure(
    diff: AttributedDiff, planned: Planned, shown: tuple[AttributedSnapshot, AttributedSnapshot], auditor: Auditor
) -> AttributedDiff:
    """Add what of the exposure changes: out of the tables that the audits need, where they have the diff's zones."""
    before, after = planned.before, planned.after
    earlier, later = (one.exposure for one in shown)
    if earlier is None or later is None or auditor.choice != ZoneChoice():
        return with_exposure_changes(diff, before, after, auditor.catalog, auditor.exposure, Tense.CONDITIONAL)
    tables = choose_rows(Tables(earlier, later), diff, before, after)
    return with_tables(diff, before, after, tables, Tense.CONDITIONAL)


def _shown(snapshot: Snapshot, auditor: Auditor) -> AttributedSnapshot:
    attributed = attribute_snapshot(snapshot, auditor.catalog)
    return with_exposure(attributed, snapshot, auditor.catalog, auditor.choice, auditor.exposure)


def _found(earlier: Audit, later: Audit, written: frozenset[Item]) -> dict[str, tuple[Finding, ...]]:
    """Sort the findings of afterwards: what the command brings, open or accepted, and what is broken already.

    That a rule which it writes is new is no finding: who wrote it is known.
    """
    is_new = newness(earlier)
    before = {one.fingerprint: _breaches(one) for one in earlier.open}
    found: dict[str, list[Finding]] = {"new": [], "accepted": [], "broken": []}
    for one in later.findings:
        own = one.subject_kind is CheckedKind.CHANGE and one.evidence.rules
        if own and all(rule.item in written for rule in one.evidence.rules):
            continue
        entry = one.open and one.subject_kind is CheckedKind.ENTRY
        if is_new(one) or (entry and _breaches(one) - before[one.fingerprint]):
            found["new" if one.open else "accepted"].append(one)
        elif entry:
            found["broken"].append(one)
    return {name: gather_aspects(findings) for name, findings in found.items()}


def _breaches(finding: Finding) -> set[tuple[object, ...]]:
    """Return who reaches what by a finding's evidence; rules and addresses may change, and it stays the same."""
    cells = (one.exposure for one in finding.evidence.cells)
    places = ((one.zone, one.destination) for one in cells)
    return {(zone, there.container_name, there.protocol, str(there.led), *own_ports(there)) for zone, there in places}


def _written(diff: AttributedDiff, writer: str) -> frozenset[Item]:
    """Return the rules that a command of the operator's adds, where one is planned."""
    added = (one for one in diff.changes if isinstance(one.change, Added) and one.attribution.maker == OPERATOR_MAKER)
    return frozenset(one.change.item for one in added if writer and one.change.item.object is ObjectKind.RULE)


def _by_command(one: AttributedChange, writer: str) -> AttributedChange:
    """Name the command as the writer of a rule that no maker of the catalog writes, and of a policy that it sets."""
    maker = one.attribution.maker
    known = maker not in ("", OPERATOR_MAKER) and not (maker == KERNEL_MAKER and isinstance(one.change, Altered))
    if not writer or known or isinstance(one.change, Removed):
        return one
    attribution = Attribution(
        confidence=Confidence.PROVED,
        maker=OPERATOR_MAKER,
        causes=(Cause(CauseKind.OTHER, name=writer),),
        standing=Standing.FOREIGN,
    )
    return msgspec.structs.replace(one, attribution=attribution)


def _certain(changes: Sequence[AttributedChange], planned: Planned) -> Iterator[JudgedChange]:
    """Say how sure each change is; what depends on an assumption about its container or network is likely."""
    sure = [one.certainty for one in planned.rules] or [Certainty.EXACT] * len(changes)
    for one, certainty in zip(changes, sure, strict=True):
        assumption = next((each for each in planned.assumptions if _is_about(each, one)), None)
        yield JudgedChange(one, Certainty.LIKELY if assumption else certainty, assumption)


def _is_about(assumption: Assumption, one: AttributedChange) -> bool:
    """Tell whether a change is likely for an assumption: it names a container or network that caused the change."""
    if assumption.kind not in _ABOUT_TEXTS:
        return False
    names = {name for _, value in assumption.args for name in value.split(", ")}
    refs = (ref for cause in one.attribution.causes for ref in (cause.container, cause.network) if ref)
    return any(ref.name in names for ref in refs)
