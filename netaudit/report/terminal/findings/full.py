"""Findings with their evidence and what to do: what `--verbose` and `explain ID` print."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from netaudit.audit.finding import Finding
from netaudit.audit.risk import Mistake
from netaudit.model.severity import Severity
from netaudit.report.terminal.shell import shell_lines
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap_whole
from netaudit.report.text.findings.audit import Step, proofs, short_id, steps
from netaudit.report.text.findings.ways import further_steps
from netaudit.report.text.sanitize import terminal_text

_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}
_SHOWN = 3  # subjects of one check whose evidence is printed


def mistake_lines(mistake: Mistake, style: Style) -> Iterator[str]:
    """Print a mistake: its first check with evidence, then what else other checks say about it."""
    shown = mistake.alike[:_SHOWN]
    yield from finding_lines(shown[0], style)
    for other in shown[1:]:
        yield from _wrapped("  also     ", _message(other), style)
    for step in further_steps(mistake.alike):
        yield from _step_lines("and", step, style)
    if len(mistake.alike) > _SHOWN:
        rest = ", ".join(one.subject for one in mistake.alike[_SHOWN:])
        yield from _wrapped("  also     ", rest, style)
    for aspect in mistake.aspects[1:]:
        named = f"{aspect.severity} {short_id(aspect)} {aspect.check.id}"
        yield from _wrapped("  aspect   ", f"{named}: {aspect.message}", style)


def finding_lines(finding: Finding, style: Style) -> Iterator[str]:
    """Print a finding with its proof and what to do."""
    head = f"{finding.check.id}  {finding.subject}  {short_id(finding)}"
    yield f"{severity(finding.severity, style)} {terminal_text(head)}"
    yield from _wrapped("  ", _message(finding), style)
    for proof in proofs(finding):
        yield from _wrapped(f"  {proof.kind:<8} ", f"{proof.where}  {proof.text}" if proof.where else proof.text, style)
        if proof.because:
            yield from _wrapped("           # ", proof.because, style)
    for at, step in enumerate(steps(finding)):
        yield from _step_lines("or" if at else "to do", step, style)


def _message(finding: Finding) -> str:
    return f"Not certain: {finding.message}" if finding.doubts else finding.message


def _step_lines(word: str, step: Step, style: Style) -> Iterator[str]:
    yield from _wrapped(f"  {word:<8} ", step.do, style)
    yield from shell_lines(terminal_text(step.line), style.width, indent=11)
    yield from _wrapped("  then     ", step.then, style) if step.then else ()


def severity(one: Severity, style: Style) -> str:
    """Print a severity in a column of its own."""
    text = f"{one:<8}"
    return f"\x1b[{_COLOURS[one]}m{text}\x1b[0m" if style.colour else text


def waiver_lines(mistake: Mistake, style: Style) -> Iterator[str]:
    """Print what accepts the first check's findings of a mistake, to be filled in; then what that leaves."""
    subjects = dict.fromkeys(one.about or one.subject for one in mistake.alike)
    yield "  accept   with this in netaudit.toml, filled in (docs/waivers.md):"
    for subject in islice(subjects, _SHOWN):
        entry = {"check": mistake.first.check.id, "subject": subject, "reason": "", "owner": ""}
        yield "           [[waivers]]"
        yield from (f"           {key} = {terminal_text(_toml_string(value))}" for key, value in entry.items())
        yield "           until = YYYY-MM-DD"
    if len(subjects) > _SHOWN:
        yield f"           # and the same for {len(subjects) - _SHOWN} more, or one subject for all: * is any text"
    left = [f"{one.check.id} ({one.severity})" for one in mistake.aspects[1:] if one.open]
    if left:
        yield from _wrapped("  leaves   ", f"{', '.join(left)}: each is accepted by an entry of its own", style)


def _toml_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML is one of JSON's


def render_mistakes(mistakes: Iterable[Mistake], style: Style) -> str:
    """Print mistakes one after another."""
    blocks = ("\n".join(line.rstrip() for line in mistake_lines(one, style)) for one in mistakes)
    return "\n\n".join(blocks) + "\n"


def _wrapped(first: str, text: str, style: Style) -> list[str]:
    """Break lines between words only: a rule's options stay whole."""
    rest = " " * (11 if len(first) > 2 else 2)
    return wrap_whole(terminal_text(text), style.width, first=first, rest=rest)
