"""An audit's findings -> what a page shows of each: how severe, what proves it, what to do, and where it stands.

What one mistake brings about is one finding with its aspects: the numbers of a page count mistakes, as a terminal does.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedItem
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import Mistake, Reach, gather_by_status, gather_mistakes
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.severity import Severity
from netaudit.report.page.anchors import Anchors
from netaudit.report.text.destinations import describe_port
from netaudit.report.text.findings.accepted import describe_obeyed, why_accepted
from netaudit.report.text.findings.audit import (
    describe_doubts,
    describe_not_put,
    describe_undecided,
    gather_undecided,
    short_id,
    summarise_audit,
)
from netaudit.report.text.findings.places import describe_places, describe_what
from netaudit.report.text.findings.ways import ToDo, describe_keeping, ways
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.sentence import Foreign, Sentence

_IN_FULL = 12  # findings of one check
_PRINTED = 2  # with all that is to do; a third may need another page
_SHOWN = 8  # pieces of one kind of evidence; `netaudit audit --format json` has all
_REACHES = {Reach.INTERNET: "internet", Reach.LAN: "lan", Reach.INSIDE: "inside"}


class ProofRow(msgspec.Struct, frozen=True):
    """A piece of evidence; `item` is the rule, where it is one."""

    words: str
    item: Item | None = None


class FindingRow(msgspec.Struct, frozen=True):
    """A mistake as a page shows it: `finding` is its first; `status` says who accepted it, "" where nobody did."""

    anchor: str
    finding: Finding
    status: str
    proofs: tuple[ProofRow, ...]
    more: int = 0
    doubts: tuple[str, ...] = ()
    places: str = ""
    also: tuple[str, ...] = ()  # what the same check says of other ports of the container
    aspects: tuple[Finding, ...] = ()  # what other checks say of the same
    ways: tuple[ToDo, ...] = ()  # to close it, the first choice first
    id: str = ""
    reach: str = ""


class AlikeRow(msgspec.Struct, frozen=True):
    """A mistake that is named alone, for the same check has many in full."""

    places: str
    severity: Severity
    reach: str


class FindingList(msgspec.Struct, frozen=True):
    """All mistakes: the first ones of each check in full, the rest by name; and what was not decided."""

    rows: tuple[FindingRow, ...]
    alike: tuple[tuple[Check, tuple[AlikeRow, ...]], ...]
    undecided: tuple[str, ...]
    not_put: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()  # of a diff: what was found before, and is not now
    lost: tuple[str, ...] = ()  # of a diff: what was found before, and nobody knows whether it is there now
    seen: tuple[str, ...] = ()  # of a diff: what is found now, and nobody knows whether it was there before

    @property
    def beyond(self) -> frozenset[str]:
        """The anchors of those for which two printed pages have no room."""
        return frozenset(row.anchor for row in self.rows[_PRINTED:])

    @property
    def number(self) -> int:
        """How many mistakes there are, in full and by name."""
        return len(self.rows) + sum(len(members) for _, members in self.alike)

    @property
    def keeping(self) -> str:
        """How the lines that are advised outlive a boot."""
        return describe_keeping(line.line for row in self.rows for way in row.ways for line in way.lines)

    def anchor_of(self, fingerprint: str) -> str:
        """Tell where a finding stands in full, or is named among those alike."""
        return next((row.anchor for row in self.rows if row.finding.fingerprint == fingerprint), "findings")


def list_findings(audit: Audit, anchors: Anchors) -> FindingList:
    """List findings in the audit's order: the most severe first, accepted ones last."""
    of_check: dict[str, list[Mistake]] = {}
    full: list[Mistake] = []
    for one in chain.from_iterable(gather_by_status(audit.findings).values()):
        members = of_check.setdefault(one.first.check.id, [])
        members.append(one)
        if len(members) <= _IN_FULL:
            full.append(one)
    rest = [members[_IN_FULL:] for members in of_check.values() if len(members) > _IN_FULL]
    return FindingList(
        rows=tuple(_row(one, anchors) for one in full),
        alike=tuple((members[0].first.check, tuple(map(_alike, members))) for members in rest),
        undecided=tuple(
            f"{check.id}: {describe_undecided(members)}" for check, members in gather_undecided(audit.undecided)
        ),
        not_put=tuple(map(describe_not_put, audit.not_put)),
    )


def list_new(changed: ChangedFindings, anchors: Anchors) -> FindingList:
    """List what a change brought, and name what it ended; undecided checks are left to the host's own page."""
    found = list_findings(msgspec.structs.replace(changed.audit, undecided=(), not_put=()), anchors)
    ended, lost, seen = (
        tuple(map(describe_mistake, gather_mistakes(some))) for some in (changed.gone, changed.lost, changed.seen)
    )
    return msgspec.structs.replace(found, gone=ended, lost=lost, seen=seen)


def _alike(mistake: Mistake) -> AlikeRow:
    return AlikeRow(describe_places(mistake), mistake.first.severity, _REACHES[mistake.reach])


def describe_mistake(mistake: Mistake) -> str:
    """Write a mistake in one line, without its ID: `db 5432/tcp: PostgreSQL is open`."""
    return f"{describe_places(mistake)}: {describe_what(mistake)}"


def _row(mistake: Mistake, anchors: Anchors) -> FindingRow:
    first = mistake.first
    proofs = list(_proofs(mistake.alike))
    return FindingRow(
        anchor=anchors.finding(first.check.id, first.fingerprint),
        finding=first,
        status="; ".join(reason for _, reason in why_accepted(mistake) if reason),
        proofs=tuple(proofs[:_SHOWN]),
        more=max(0, len(proofs) - _SHOWN),
        doubts=describe_doubts(first.doubts),
        places=describe_places(mistake),
        also=tuple(_others(mistake))[:_SHOWN],
        aspects=mistake.aspects[1:],
        ways=ways(mistake.alike),
        id=short_id(first),
        reach=_REACHES[mistake.reach],
    )


def _others(mistake: Mistake) -> Iterator[str]:
    """Return what the same check says of other places; a port over IPv4 and IPv6 is one place."""
    places = {one.about or one.subject: one.message for one in reversed(mistake.alike)}
    first = mistake.first.about or mistake.first.subject
    return (message for place, message in reversed(places.items()) if place != first)


def _proofs(findings: Sequence[Finding]) -> Iterator[ProofRow]:
    """List evidence: that of each finding, each piece once."""
    found = (proof for one in findings for proof in _evidence(one))
    yield from dict.fromkeys(found)


def _evidence(finding: Finding) -> Iterator[ProofRow]:
    evidence = finding.evidence
    yield from map(_cell, evidence.cells)
    yield from _rules("missing", evidence.missing)
    yield from _rules("", evidence.rules)


def _rules(word: str, items: Iterable[AttributedItem]) -> Iterator[ProofRow]:
    for one in items:
        yield ProofRow(f"{word} {one.item.text}".strip(), one.item)


def _cell(one: AttributedExposure) -> ProofRow:
    exposure = one.exposure
    words = f"{exposure.zone} to {describe_port(exposure.destination)}: {exposure.outcome}"
    return ProofRow(", ".join(filter(None, (words, describe_reason(exposure.reason)))), exposure.rule)


def judge_audit(audit: Audit | None) -> Iterator[Sentence]:
    """Say how many findings are open and how severe, and name the most severe; nothing without an audit."""
    if audit is None:
        return
    if audit.open:
        worst = describe_mistake(gather_mistakes(audit.open)[0])
        yield Sentence((f"{summarise_audit(audit)}. Most severe: ", Foreign(worst), "."), "!")
    else:
        yield Sentence((f"{summarise_audit(audit)}.",))


def judge_obeyed(audit: Audit | None) -> Iterator[Sentence]:
    """Say which configuration decides, and what; the first screen of HTML has it among its facts."""
    if audit and (said := describe_obeyed(audit.obeyed)):
        yield Sentence((Foreign(said),), "?")
