"""A policy that was held against a host, as Markdown: a comment of a pull request, or a job's summary."""

from collections.abc import Iterator

from netaudit.policy.verdict import Assertion, Judged, Verdict
from netaudit.report.text.findings.assertion import describe_owner, judged_proofs, summarise_assertion, worst_first
from netaudit.report.text.findings.audit import cell_proof, some_proofs
from netaudit.report.text.markdown import code, code_outside, prose
from netaudit.report.text.words import describe_gap, describe_head


def render_assertion(assertion: Assertion) -> str:
    """Print a table of entries, then the proof of each that does not hold."""
    lines = ["# Who may reach what", "", prose(describe_head(assertion.head)), ""]
    lines += [f"**{prose(summarise_assertion(assertion))}**", "", *_verdicts(assertion), ""]
    for one in worst_first(assertion):
        if one.verdict is not Verdict.HOLDS:
            lines += [*_entry(one, assertion.policy.place), ""]
    lines += _uncovered(assertion)
    if assertion.head.gaps:
        lines += ["## Could not be seen", "", *(f"- {prose(describe_gap(gap))}" for gap in assertion.head.gaps), ""]
    return "\n".join(lines)


def policy_section(assertion: Assertion) -> Iterator[str]:
    """Print a policy in the document of an audit, whose findings have the proofs."""
    yield from ("## Policy", "", f"{code_outside(assertion.policy.place)}: {prose(summarise_assertion(assertion))}", "")
    yield from (*_verdicts(assertion), "", *_uncovered(assertion))


def _verdicts(assertion: Assertion) -> Iterator[str]:
    yield from ("| Verdict | Entry |", "| --- | --- |")
    yield from (f"| {one.verdict} | {code(one.entry.text)} |" for one in worst_first(assertion))


def _uncovered(assertion: Assertion) -> Iterator[str]:
    if assertion.uncovered:
        yield from ("## Open, and no entry speaks of it", "")
        for proof in some_proofs([cell_proof(one) for one in assertion.uncovered]):
            yield f"- {code_outside(proof.where)} {code_outside(proof.text)}"
        yield ""


def _entry(one: Judged, place: str) -> Iterator[str]:
    yield f"## {one.verdict}: {code_outside(one.entry.text)}"
    yield ""
    yield f"- at {code_outside(f'{place}:{one.entry.line}')}"
    if words := describe_owner(one):
        yield f"- why: {code_outside(words)}"
    for proof in judged_proofs(one):
        where = f"{code_outside(proof.where)} " if proof.where else ""
        yield f"- {proof.kind}: {where}{code_outside(proof.text)}"
