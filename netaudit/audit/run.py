"""Evaluate every check for every subject of its kind: what is found, waived, known before and undecided."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from netaudit.attribute.attribution import AttributedItem
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.condition import Condition, KnownFacts, make_seen
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.waiver import Waiver, label_waivers
from netaudit.audit.finding import Audit, Evidence, Finding, Undecided
from netaudit.audit.subjects import FACTS, SUBJECTS
from netaudit.audit.subjects.fact import EXPOSURE, CheckSubject, declared, fact_types
from netaudit.audit.subjects.waiver import WaiverFacts
from netaudit.audit.view.view import HostView
from netaudit.errors import CatalogError, NetauditError


class Plan(msgspec.Struct, frozen=True):
    """What an audit does: checks, accepted risks, fingerprints known before, and today's date."""

    checks: tuple[Check, ...]
    today: dt.date
    waivers: tuple[Waiver, ...] = ()
    baseline: frozenset[str] = frozenset()


def run(view: HostView, plan: Plan) -> Audit:
    """Audit a host. Raises CatalogError for a condition that cannot be computed."""
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    checked: Counter[str] = Counter()
    for kind, checks in _by_kind(plan.checks).items():
        subjects = SUBJECTS[kind](view) if kind in SUBJECTS else iter(())
        for subject in subjects:
            _evaluate(checks, subject, view, findings, undecided)
            checked.update(one.id for one in checks)
    waivers = (*plan.waivers, *(one for container in view.containers for one in label_waivers(container)))
    waived = [_waive(one, waivers, plan.today) for one in findings]
    waived += _about_waivers(view, plan, waivers, findings)
    numbered = _numbered(waived)
    known = [msgspec.structs.replace(one, known=one.fingerprint in plan.baseline) for one in numbered]
    order = {check.id: at for at, check in enumerate(plan.checks)}
    known.sort(key=lambda one: (-one.severity.rank, order[one.check.id], one.subject))
    return Audit(view.attributed.head, tuple(known), tuple(undecided), plan.checks, tuple(sorted(checked.items())))


def _by_kind(checks: Iterable[Check]) -> Mapping[CheckedKind, list[Check]]:
    found: dict[CheckedKind, list[Check]] = {}
    for check in checks:
        found.setdefault(check.subject, []).append(check)
    return found


def _evaluate(
    checks: Sequence[Check], subject: CheckSubject, view: HostView, findings: list[Finding], undecided: list[Undecided]
) -> None:
    """Evaluate the checks of a kind for one subject."""
    known = subject.facts.known()
    seen = make_seen(known, fact_types(FACTS[subject.kind]))
    for check in checks:
        match _holds(check, "condition", check.condition, seen):
            case True:
                findings.append(_finding(check, subject, seen, known))
            case None:
                undecided.append(_undecided(check, subject, view, known))
            case False:
                pass


def _holds(check: Check, key: str, condition: Condition, seen: KnownFacts) -> bool | None:
    try:
        return condition.holds(seen)
    except NetauditError as error:
        raise CatalogError(error.message, file=check.file, key=key, hint=error.hint) from error


def _finding(check: Check, subject: CheckSubject, seen: KnownFacts, known: Mapping[str, object]) -> Finding:
    severities = (severity for severity, when in check.graver if _holds(check, "graver", when, seen))
    return Finding(
        check=check,
        subject_kind=subject.kind,
        subject=subject.name,
        severity=next(severities, check.severity),
        message=check.finding.fill(known),
        advice=_advice(check, seen, known),
        fingerprint=_fingerprint(check.id, subject.identity, 0),
        evidence=Evidence(_deciding(check, subject.rules), _missing(check, subject), subject.cells),
        container=subject.container,
    )


def _advice(check: Check, seen: KnownFacts, known: Mapping[str, object]) -> tuple[Advice, ...]:
    """Return the remedies that serve for a subject, the first choice first."""
    serving = (one for one in check.remedies if one.when is None or _holds(check, "remediation", one.when, seen))
    return tuple(one.advise(known) for one in serving)


def _deciding(check: Check, rules: tuple[AttributedItem, ...]) -> tuple[AttributedItem, ...]:
    """Return the rules that decide, by the patterns of the check."""
    if check.decided_by is None:
        return rules
    return tuple(one for one in rules if any(fnmatchcase(_tail(one), pattern) for pattern in check.decided_by))


def _missing(check: Check, subject: CheckSubject) -> tuple[AttributedItem, ...]:
    """Return the missing rules; none for a check that could read them and does not."""
    reads = "missing" in check.condition.reads
    could_read = any(one.name == "missing" for one in declared(FACTS[subject.kind]))
    return subject.missing if reads or not could_read else ()


def _tail(one: AttributedItem) -> str:
    return one.attribution.signature.rpartition("/")[2]


def _fingerprint(check: str, identity: str, number: int) -> str:
    """Hash the identity of a finding; `number` distinguishes equal ones."""
    words = f"{check}\n{identity}" + (f"\n{number}" if number else "")
    return hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:32]


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give equal fingerprints a number each, in the order of the findings."""
    met: Counter[str] = Counter()
    for one in findings:
        number = met[one.fingerprint]
        met[one.fingerprint] += 1
        fingerprint = _fingerprint(one.check.id, one.fingerprint, number) if number else one.fingerprint
        yield msgspec.structs.replace(one, fingerprint=fingerprint)


def _undecided(check: Check, subject: CheckSubject, view: HostView, known: Mapping[str, object]) -> Undecided:
    """Return which facts are not known, and the gaps of their sources."""
    unknown = [one for one in declared(FACTS[check.subject]) if one.name in check.condition.reads]
    unknown = [one for one in unknown if one.name not in known]
    gaps = {gap.source: f"{gap.source}: {gap.reason}" for gap in view.attributed.head.gaps}
    if view.attributed.exposure is None:
        gaps[EXPOSURE] = f"{EXPOSURE}: {view.attributed.exposure_gap or 'not asked for'}"
    sources = dict.fromkeys(source for one in unknown for source in one.sources)
    because = [gaps[source] for source in sources if source in gaps] or [
        f"{source}: does not say" for source in sources
    ]
    return Undecided(check, subject.name, tuple(one.name for one in unknown), tuple(because))


def _waive(finding: Finding, waivers: Iterable[Waiver], today: dt.date) -> Finding:
    for waiver in waivers:
        if waiver.until >= today and waiver.covers(finding.check.id, finding.subject, finding.container):
            return msgspec.structs.replace(finding, waiver=waiver)
    return finding


def _about_waivers(view: HostView, plan: Plan, waivers: Iterable[Waiver], findings: Sequence[Finding]) -> list[Finding]:
    """Evaluate the checks about waivers for each waiver: expired, unused, invalid."""
    found: list[Finding] = []
    checks = [check for check in plan.checks if check.subject is CheckedKind.WAIVER]
    for waiver in waivers:
        unused = not any(waiver.covers(one.check.id, one.subject, one.container) for one in findings)
        facts = WaiverFacts(
            check=waiver.check,
            subject=waiver.subject,
            reason=waiver.reason,
            owner=waiver.owner,
            until="" if waiver.invalid else waiver.until.isoformat(),
            place=waiver.place,
            expired=not waiver.invalid and waiver.until < plan.today,
            unused=unused and not waiver.invalid,
            invalid=waiver.invalid,
        )
        name = f"waiver of {waiver.check} for {waiver.subject}"
        _evaluate(checks, CheckSubject(CheckedKind.WAIVER, name, name, facts), view, found, [])
    return found
