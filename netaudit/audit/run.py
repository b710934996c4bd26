"""Evaluate every check for every subject of its kind: what is found, waived, known before and undecided."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

import msgspec

from netaudit.attribute.attribution import AttributedItem
from netaudit.audit.checks.answer import Answer, BoundedFacts, bound_facts
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.condition import Condition
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.checks.screen import Screen
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.waiver import Waiver, label_waivers
from netaudit.audit.finding import Audit, Evidence, Finding, NotPut, Obeyed, Undecided
from netaudit.audit.fingerprint import fingerprint, numbered
from netaudit.audit.permit import permit
from netaudit.audit.risk import risk_of
from netaudit.audit.subjects import FACTS, SUBJECTS
from netaudit.audit.subjects.fact import EXPOSURE, CheckSubject, declared, fact_types
from netaudit.audit.subjects.resting import unproved
from netaudit.audit.subjects.unlisted import find_not_put
from netaudit.audit.subjects.written.waiver import WaiverFacts
from netaudit.audit.view.view import HostView
from netaudit.audit.waiving import waive
from netaudit.errors import CatalogError, NetauditError
from netaudit.model.reason import Reason
from netaudit.model.severity import Severity


class Plan(msgspec.Struct, frozen=True, dict=True):
    """What an audit does: checks, accepted risks, fingerprints known before, and today's date.

    `unheeded` are waivers in labels that accept nothing: the command that is judged brings them itself.
    """

    checks: tuple[Check, ...]
    today: dt.date
    waivers: tuple[Waiver, ...] = ()
    baseline: frozenset[str] = frozenset()
    unheeded: frozenset[Waiver] = frozenset()
    obeyed: Obeyed | None = None

    @cached_property
    def screens(self) -> Mapping[CheckedKind, Screen]:
        """Return the checks by the kind of their subjects."""
        found: dict[CheckedKind, list[Check]] = {}
        for check in self.checks:
            found.setdefault(check.subject, []).append(check)
        return {kind: Screen(checks, fact_types(FACTS[kind])) for kind, checks in found.items()}


def run(view: HostView, plan: Plan) -> Audit:
    """Audit a host. Raises CatalogError for a condition that cannot be computed."""
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    checked: Counter[CheckedKind] = Counter()
    for kind, screen in plan.screens.items():
        for subject in SUBJECTS[kind](view) if kind in SUBJECTS else ():
            _evaluate(screen, subject, view, findings, undecided)
            checked[kind] += 1
    waivers = (*plan.waivers, *(one for container in view.containers for one in label_waivers(container)))
    waived = [permit(waive(one, waivers, plan.today, plan.unheeded), view.held) for one in findings]
    not_put = find_not_put(view, plan.checks)
    waived += _about_waivers(view, plan, waivers, findings, (undecided, not_put))
    known = [msgspec.structs.replace(one, known=one.fingerprint in plan.baseline) for one in numbered(waived)]
    order = {check.id: at for at, check in enumerate(plan.checks)}
    known.sort(key=lambda one: (*risk_of(one), order[one.check.id], one.subject))
    return Audit(
        head=view.attributed.head,
        findings=tuple(known),
        undecided=tuple(undecided),
        checks=plan.checks,
        shown=view.attributed,
        checked=tuple(sorted((one.id, checked[one.subject]) for one in plan.checks if checked[one.subject])),
        not_put=not_put,
        exposed=view.attributed.exposure is not None,
        assertion=view.held.assertion if view.held else None,
        obeyed=plan.obeyed,
    )


def _evaluate(
    screen: Screen, subject: CheckSubject, view: HostView, findings: list[Finding], undecided: list[Undecided]
) -> None:
    """Evaluate the checks of a kind for one subject; one that is cleared by what was not seen is undecided."""
    resting = unproved(subject.kind, view.snapshot.gaps)
    checks = screen.left(subject.facts, {*resting, *(one.name for one in subject.doubts)})
    if not checks:
        return
    asked = bound_facts(subject.facts.known(), fact_types(FACTS[subject.kind]), subject.doubts)
    seen = asked.without(resting)
    for check in checks:
        match _answer(check, "condition", check.condition, asked):
            case (Answer.YES | Answer.IN_DOUBT) as answer:
                findings.append(_finding(check, subject, asked, answer))
            case Answer.UNKNOWN:
                undecided.append(_undecided(check, subject, view, asked))
            case Answer.NO if seen is not asked and _answer(check, "condition", check.condition, seen) is not Answer.NO:
                undecided.append(_undecided(check, subject, view, seen))
            case Answer.NO:
                pass


def _answer(check: Check, key: str, condition: Condition, asked: BoundedFacts) -> Answer:
    try:
        return asked.answer(condition)
    except NetauditError as error:
        raise CatalogError(error.message, file=check.file, key=key, hint=error.hint) from error


def _finding(check: Check, subject: CheckSubject, asked: BoundedFacts, answer: Answer) -> Finding:
    judged = _judge(check, asked, answer)
    known = asked.shown()
    return Finding(
        check=check,
        subject_kind=subject.kind,
        subject=subject.name,
        severity=judged.severity,
        message=check.finding.fill(known),
        title=check.title.fill(known) if check.title else check.summary.rstrip("."),
        aside=check.aside.fill(known) if check.aside else "",
        advice=_advice(check, asked),
        doubts=judged.doubts,
        surely=judged.surely,
        fingerprint=fingerprint(check.id, subject.identity),
        evidence=Evidence(_deciding(check, subject.rules), _missing(check, subject), subject.cells),
        container=subject.container,
        written=subject.written,
        about=subject.about,
        service=subject.service,
    )


def _advice(check: Check, asked: BoundedFacts) -> tuple[Advice, ...]:
    """Return the remedies that serve for a subject, the first choice first."""
    return tuple(
        msgspec.structs.replace(one.advise(asked.known), place=place)
        for place, one in enumerate(check.remedies)
        if one.when is None or _stands(check, "remediation", one.when, asked)
    )


def _stands(check: Check, key: str, when: Condition, asked: BoundedFacts) -> bool:
    return _answer(check, key, when, asked) in _STANDS


class _Judged(msgspec.Struct, frozen=True):
    severity: Severity
    surely: Severity | None
    doubts: tuple[Reason, ...]


def _judge(check: Check, asked: BoundedFacts, answer: Answer) -> _Judged:
    """Find how bad a finding is, how bad it surely is, and what makes it doubtful."""
    grave = [(severity, when, _answer(check, "graver", when, asked)) for severity, when in check.graver]
    worst = next(((severity, when) for severity, when, said in grave if said in _STANDS), (check.severity, None))
    sure = next((severity for severity, _, said in grave if said is Answer.YES), check.severity)
    severity, when = worst
    doubtful = [check.condition] if answer is Answer.IN_DOUBT else []
    doubtful += [when] if when and severity is not sure else []
    reasons = (reason for one in doubtful for doubt in asked.concerning(one) for reason in doubt.reasons)
    doubts = tuple(dict.fromkeys(reasons))
    return _Judged(severity, sure if doubts and answer is Answer.YES else None, doubts)


_STANDS = (Answer.YES, Answer.IN_DOUBT)


def _deciding(check: Check, rules: tuple[AttributedItem, ...]) -> tuple[AttributedItem, ...]:
    """Return the rules that decide, by the patterns of the check."""
    if check.decided_by is None:
        return rules
    return tuple(one for one in rules if any(fnmatchcase(_tail(one), pattern) for pattern in check.decided_by))


def _missing(check: Check, subject: CheckSubject) -> tuple[AttributedItem, ...]:
    """Return the missing rules; none for a check that could read them and does not."""
    if not subject.missing:
        return ()
    reads = "missing" in check.condition.reads
    could_read = any(one.name == "missing" for one in declared(FACTS[subject.kind]))
    return subject.missing if reads or not could_read else ()


def _tail(one: AttributedItem) -> str:
    return one.attribution.signature.rpartition("/")[2]


def _undecided(check: Check, subject: CheckSubject, view: HostView, asked: BoundedFacts) -> Undecided:
    """Return which facts are not known, and the gaps of their sources."""
    unknown = [one for one in declared(FACTS[check.subject]) if one.name in check.condition.reads]
    unknown = [one for one in unknown if one.name not in asked.known]
    doubts = asked.concerning(check.condition)
    gaps = {gap.source: f"{gap.source}: {gap.reason}" for gap in view.attributed.head.gaps}
    if view.attributed.exposure is None:
        gaps[EXPOSURE] = f"{EXPOSURE}: {view.attributed.exposure_gap or 'not asked for'}"
    sources = dict.fromkeys(source for one in unknown for source in one.sources)
    rests = unproved(check.subject, view.snapshot.gaps)
    because = dict.fromkeys(
        [
            *(gaps[source] for source in sources if source in gaps),
            *(gap for one in unknown for gap in rests.get(one.name, ())),
        ]
    ) or dict.fromkeys(f"{source}: does not say" for source in sources)
    names = (*(one.name for one in unknown), *(one.name for one in doubts))
    reasons = dict.fromkeys(reason for one in doubts for reason in one.reasons)
    return Undecided(check, subject.name, names, tuple(because), tuple(reasons))


_Unanswered = tuple[list[Undecided], Iterable[NotPut]]


def _about_waivers(
    view: HostView, plan: Plan, waivers: Iterable[Waiver], findings: Sequence[Finding], unanswered: _Unanswered
) -> list[Finding]:
    """Evaluate the checks about waivers for each waiver: expired, unused, invalid.

    Whether one is used is not known where its check has no answer.
    """
    found: list[Finding] = []
    undecided, not_put = unanswered
    names = {one.check.id for one in undecided} | {check.id for one in not_put for check in one.checks}
    screen = plan.screens.get(CheckedKind.WAIVER) or Screen((), ())
    for waiver in waivers:
        unused = not any(waiver.covers(one.check.id, one.subject, one.container, one.about) for one in findings)
        known = not unused or not any(fnmatchcase(name, waiver.check) for name in names)
        facts = WaiverFacts(
            check=waiver.check,
            subject=waiver.subject,
            reason=waiver.reason,
            owner=waiver.owner,
            until="" if waiver.invalid else waiver.until.isoformat(),
            place=waiver.place,
            days=0 if waiver.invalid else max((waiver.until - plan.today).days, 0),
            everything=waiver.is_of_everything,
            expired=not waiver.invalid and waiver.is_over(plan.today),
            unused=unused and not waiver.invalid if known else None,
            invalid=waiver.invalid,
        )
        name = f"waiver of {waiver.check} for {waiver.subject}"
        _evaluate(screen, CheckSubject(CheckedKind.WAIVER, name, name, facts), view, found, undecided)
    return found
