"""The words for a policy that was held against a host."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.address_text import is_loopback
from netaudit.policy.verdict import WORST_FIRST, Assertion, Judged, Lack, Unmet, Verdict
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.destinations import describe_receiver
from netaudit.report.text.findings.audit import Proof, cell_proof, some_proofs
from netaudit.report.text.reach.rows import describe_own_port, open_rows
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.words import count

_LACKS = {
    Lack.NO_MATCH: "nothing on this host is called {word}",
    Lack.STOPPED: "{word} does not run",
    Lack.NO_ZONE: "no packets come from {word} on this host",
    Lack.ENDED: "the entry ended on {word}",
}


def judged_proofs(judged: Judged) -> Iterator[Proof]:
    """List what a verdict rests on, the most important first."""
    lacks = dict.fromkeys(_LACKS[one.lack].format(word=one.word) for one in judged.unmatched)
    yield from (Proof("vacuous", "", words) for words in lacks)
    yield from (Proof("unknown", "", describe_reason(one)) for one in judged.missing)
    yield from (Proof("shared", "", f"container {one} is on several of these networks") for one in judged.shared)
    yield from some_proofs([_named(one) for one in judged.cells])
    yield from some_proofs([_unmet(one) for one in judged.unmet])


def _named(cell: AttributedExposure) -> Proof:
    """Return a cell as evidence, with who takes the packets and who wrote the rule that decides."""
    proof, there, by = cell_proof(cell), cell.exposure.destination, cell.attribution
    taker = f"to {describe_receiver(there)} {describe_own_port(there)}"
    whose = ", ".join(filter(None, (by.maker or "an unknown writer", describe_causes(by.causes) if by.causes else "")))
    writer = f"{cell.exposure.rule.where}: {whose}" if cell.exposure.rule else ""
    return msgspec.structs.replace(proof, because="; ".join(filter(None, (proof.because, taker, writer))))


def uncovered_rows(assertion: Assertion) -> Iterator[str]:
    """List what is open and no entry speaks of: one line for a port, what the Internet reaches first."""
    for row in open_rows(assertion.uncovered):
        doubt = "" if row.sure else " (may be open)"
        yield f"{', '.join(map(str, row.zones))} → {row.name}, at {', '.join(row.addresses)}{doubt}"


def _unmet(one: Unmet) -> Proof:
    there = one.cell.exposure.destination if one.cell else None
    if one.cell is None or there is None:
        words = "nothing listens there, or nothing leads there"
    elif there.binding and is_loopback(there.binding.host_ip):
        words = f"published on {there.binding.host_ip} alone, which only the host itself reaches"
    else:
        words = cell_proof(one.cell).text
    return Proof("blocked", f"{one.sender} → {one.target}", words)


def describe_owner(judged: Judged) -> str:
    """Say why an entry was decided, by whom, and until when; "" where nothing is written."""
    entry = judged.entry
    until = f"until {entry.until}" if entry.until else ""
    owner = f"owner: {entry.owner}" if entry.owner else ""
    return "; ".join(filter(None, (entry.why, owner, until)))


def summarise_assertion(assertion: Assertion) -> str:
    """Sum a policy up in one line."""
    counts = {verdict: assertion.count(verdict) for verdict in WORST_FIRST}
    parts = [f"{number} {_VERDICTS[verdict]}" for verdict, number in counts.items() if number]
    number = len(assertion.judged)
    left = len(assertion.uncovered)
    also = f"; {count(left, 'open row')} that no entry speaks of" if left else ""
    return f"{number} {'entry' if number == 1 else 'entries'}: {', '.join(parts)}{also}"


_VERDICTS = {
    Verdict.HOLDS: "hold",
    Verdict.BROKEN: "broken",
    Verdict.UNDECIDED: "undecided",
    Verdict.VACUOUS: "vacuous",
}


def worst_first(assertion: Assertion) -> tuple[Judged, ...]:
    """Return the entries, the broken first; else in the order of the file."""
    return tuple(sorted(assertion.judged, key=lambda one: WORST_FIRST.index(one.verdict)))
