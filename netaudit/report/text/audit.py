"""The words in which every report tells of an audit."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedItem
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Finding, Undecided, Verified
from netaudit.audit.remedy.verify import is_opened
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.severity import Severity
from netaudit.report.map.rows import describe_port
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.words import count

_SHOWN = 6  # pieces of one kind of evidence that a text shows; JSON has all


class Proof(msgspec.Struct, frozen=True):
    """A piece of evidence: what kind it is, where, its text, and what it is there for."""

    kind: str  # rule | missing | exposed | blocked
    where: str
    text: str
    because: str = ""


def proofs(finding: Finding) -> Iterator[Proof]:
    """List the evidence of a finding, the most telling first."""
    evidence = finding.evidence
    yield from _some([_exposed(cell) for cell in _telling(evidence.cells)])
    yield from _some([_rule("missing", one) for one in evidence.missing])
    yield from _some([_rule("rule", one) for one in evidence.rules])


def _telling(cells: Iterable[AttributedExposure]) -> list[AttributedExposure]:
    """Show who gets there before who does not, and who is farther away first."""
    order = {Outcome.ALLOWED: 0, Outcome.MAY: 1, Outcome.BLOCKED: 2}
    zones = {kind: at for at, kind in enumerate(ZoneKind)}
    return sorted(
        cells, key=lambda cell: (order[cell.exposure.outcome], zones[cell.exposure.zone.kind], cell.exposure.zone.name)
    )


def _some(proofs: list[Proof]) -> Iterator[Proof]:
    yield from proofs[:_SHOWN]
    if len(proofs) > _SHOWN:
        yield Proof(proofs[0].kind, "", f"and {len(proofs) - _SHOWN} more")


def _rule(kind: str, one: AttributedItem) -> Proof:
    causes = describe_causes(one.attribution.causes) if one.attribution.causes else one.attribution.maker
    return Proof(kind, one.item.where, one.item.text, causes)


def _exposed(cell: AttributedExposure) -> Proof:
    one = cell.exposure
    decided = f"by {one.rule.where}: {one.rule.text}" if one.rule else one.reason
    words = f"{one.outcome}, {one.way}" + (f", {decided}" if decided else "")
    kind = "blocked" if one.outcome is Outcome.BLOCKED else "exposed"
    return Proof(kind, f"{one.zone} → {describe_port(one.destination)}", words, one.witness)


def summarise_audit(audit: Audit) -> str:
    """Sum up an audit in one line."""
    counts = Counter(one.severity for one in audit.open)
    parts = [f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity]]
    found = f"{count(len(audit.open), 'finding')}" + (f": {', '.join(parts)}" if parts else "")
    also = [found, f"{count(len(audit.checks), 'check')}"]
    waived = sum(one.waiver is not None for one in audit.findings)
    known = sum(one.known and one.waiver is None for one in audit.findings)
    also += [f"{waived} waived"] if waived else []
    also += [f"{known} in the baseline"] if known else []
    doubtful = len({one.check.id for one in audit.undecided})
    also += [f"{count(doubtful, 'check')} undecided"] if doubtful else []
    return "; ".join(also)


def gather_undecided(undecided: Iterable[Undecided]) -> list[tuple[Check, tuple[Undecided, ...]]]:
    """Gather by check."""
    gathered: dict[str, list[Undecided]] = {}
    for one in undecided:
        gathered.setdefault(one.check.id, []).append(one)
    return [(members[0].check, tuple(members)) for members in gathered.values()]


def describe_undecided(members: tuple[Undecided, ...]) -> str:
    """Say of one check for what it could not be decided, and why."""
    because = dict.fromkeys(reason for one in members for reason in one.because)
    whom = members[0].subject if len(members) == 1 else f"{len(members)} subjects"
    return f"{whom}: {'; '.join(because)}"


def describe_status(finding: Finding) -> str:
    """Say why a finding passes the gate, "" where it does not."""
    if finding.waiver:
        waiver = finding.waiver
        return f"waived by {waiver.owner} until {waiver.until}: {waiver.reason} ({waiver.place})"
    return "in the baseline" if finding.known else ""


def describe_verified(verified: Verified) -> str:
    """Say what would come of following the remediation."""
    closes = "closes this finding" if verified.closes else "does NOT close this finding"
    own = f"changes {count(len(verified.changes), 'row')} of its exposure" if verified.changes else ""
    opened = sum(map(is_opened, verified.others))
    others = f"changes {count(len(verified.others), 'row')} of other exposure, {opened} of them opened"
    none = "no other exposure changes" if verified.computed else "what it does to exposure was not computed"
    also = [f"opens {one}" for one in verified.opens]
    return "; ".join(filter(None, [closes, own, others if verified.others else none, *also]))
