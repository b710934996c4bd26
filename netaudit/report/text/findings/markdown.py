"""A finding as Markdown: its evidence, and what to do."""

from collections.abc import Iterator

from netaudit.audit.finding import Finding
from netaudit.report.text.findings.audit import Step, proofs, steps
from netaudit.report.text.findings.ways import describe_keeping
from netaudit.report.text.markdown import code_outside, prose


def detail_lines(finding: Finding) -> Iterator[str]:
    """List the evidence of a finding, then the ways to close it, the first choice first."""
    for proof in proofs(finding):
        where = f"{code_outside(proof.where)} " if proof.where else ""
        yield f"- {proof.kind}: {where}{code_outside(proof.text)}"
        if proof.because:
            yield f"  - {code_outside(proof.because)}"
    for at, step in enumerate(steps(finding)):
        yield from step_lines("or" if at else "to do", step)
    if keeping := describe_keeping(step.line for step in steps(finding)):
        yield f"- {prose(keeping)}"


def step_lines(word: str, step: Step) -> Iterator[str]:
    """List one way to close a finding, with its command."""
    yield f"- {word}: {code_outside(step.do)}"
    if step.line:
        yield f"  - {code_outside(step.line)}"
    if step.then:
        yield f"  - then: {code_outside(step.then)}"
