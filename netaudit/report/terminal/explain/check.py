"""A check, explained: what it looks for, under which condition, why, what to do, and examples."""

from collections.abc import Iterator

from netaudit.audit.checks.check import Check, Example
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import declared
from netaudit.report.terminal.explain.explanation import wrap


def render_check(check: Check, width: int) -> str:
    """Print a check, wrapped to a width."""
    return "\n".join(wrap(_lines(check), width)) + "\n"


def _lines(check: Check) -> Iterator[str]:
    yield f"check {check.id}: {check.summary}"
    yield f"  severity: {check.severity}, confidence: {check.confidence}"
    yield from (f"  {severity} when: {when.text}" for severity, when in check.graver)
    yield f"  asked of each {check.subject}"
    yield f"  holds when: {check.condition.text}"
    meanings = {one.name: one.meaning for one in declared(FACTS[check.subject])}
    yield from (f"    {name}: {meanings[name]}" for name in check.condition.reads)
    yield f"  why: {check.rationale}"
    yield f"  to do: {check.remediation}"
    yield from (f"  flagged: {_example(one)}" for one in check.examples if one.flagged)
    yield from (f"  clean: {_example(one)}" for one in check.examples if not one.flagged)
    yield from (f"  see: {reference}" for reference in check.references)
    yield f'  accept it: check = "{check.id}" under [[waivers]] in netaudit.toml, with subject, reason, owner and until'


def _example(example: Example) -> str:
    return ", ".join(f"{name} = {value}" for name, value in example.facts.items())
