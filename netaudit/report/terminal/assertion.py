"""A policy that was held against a host, for an operator: what is broken first, each with its proof."""

from collections.abc import Iterator

from netaudit.policy.trying import PATIENCE, Tried
from netaudit.policy.verdict import Assertion, Judged, Verdict
from netaudit.report.terminal.layout import gap_summary
from netaudit.report.terminal.style import Style, bold
from netaudit.report.terminal.wrapping import wrap_whole
from netaudit.report.text.findings.assertion import (
    judged_proofs,
    summarise_assertion,
    uncovered_rows,
    worst_first,
)
from netaudit.report.text.findings.audit import Proof
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count, describe_head

_ROWS = 12  # open ports that no entry speaks of
_COLOURS = {Verdict.BROKEN: "1;31", Verdict.VACUOUS: "33", Verdict.UNDECIDED: "33", Verdict.HOLDS: "32"}


def render_assertion(assertion: Assertion, style: Style) -> str:
    """Print each entry with its verdict and proof, what no entry speaks of, and one line that sums up."""
    lines = [terminal_text(describe_head(assertion.head)), ""]
    lines += entry_lines(assertion, style)
    lines += gap_summary(assertion.head.gaps, style)
    lines.append(summarise_assertion(assertion))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def entry_lines(assertion: Assertion, style: Style) -> Iterator[str]:
    """Print each entry with its verdict and proof, and what no entry speaks of."""
    for one in worst_first(assertion):
        yield from _entry(one, assertion.policy.place, style)
    yield ""
    yield from uncovered_lines(assertion, style)


def policy_lines(assertion: Assertion | None, style: Style) -> Iterator[str]:
    """Print a policy beside findings that have the proofs: verdicts, what no entry speaks of, one line that sums up."""
    if assertion is None:
        return
    yield from titled_lines(assertion, style)
    yield from (_headed(one, style) for one in worst_first(assertion))
    yield ""
    yield from uncovered_lines(assertion, style)


def held_lines(assertion: Assertion, style: Style) -> Iterator[str]:
    """Print a policy beneath what changed: verdicts with their proofs."""
    yield from ("", *titled_lines(assertion, style), *entry_lines(assertion, style))


def titled_lines(assertion: Assertion, style: Style) -> Iterator[str]:
    """Print where a policy stands, and one line that sums up."""
    first, *rest = wrap_whole(
        terminal_text(f"{assertion.policy.place}: {summarise_assertion(assertion)}"),
        style.width,
        first="policy ",
        rest="  ",
    )
    yield bold(first, style)
    yield from rest


def render_tried(tried: Tried, style: Style) -> str:
    """Print an entry with its verdict, and the rules whose loss alone changes it."""
    lines = [*_entry(tried.judged, "line", style), ""]
    if tried.losses:
        lines.append(bold("without any one of these rules the entry would be:", style))
        for loss in tried.losses:
            lines += _proof(Proof(loss.verdict, loss.rule.where, loss.rule.text), style)
    elif tried.left:
        lines.append(f"of {count(tried.tried, 'rule')} that were tried, no single one's loss changes this")
    else:
        lines.append("no single rule's loss changes this")
    if tried.left:
        lines.append(f"not known of {count(tried.left, 'more rule')}: they were not tried, {PATIENCE:.0f} s were over")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _entry(judged: Judged, place: str, style: Style) -> Iterator[str]:
    yield _headed(judged, style)
    if judged.verdict is Verdict.HOLDS:
        return
    yield from _wrapped("  at       ", f"{place}:{judged.entry.line}", style)
    entry = judged.entry
    until = str(entry.until) if entry.until else ""
    for label, words in (("why", entry.why), ("owner", entry.owner), ("until", until)):
        yield from _wrapped(f"  {label:<8} ", words, style) if words else ()
    for proof in judged_proofs(judged):
        yield from _proof(proof, style)


def _headed(judged: Judged, style: Style) -> str:
    verdict = f"{judged.verdict:<9}"
    if style.colour:
        verdict = f"\x1b[{_COLOURS[judged.verdict]}m{verdict}\x1b[0m"
    return f"{verdict} {terminal_text(judged.entry.text)}"


def _proof(proof: Proof, style: Style) -> Iterator[str]:
    yield from _wrapped(f"  {proof.kind:<8} ", f"{proof.where}  {proof.text}" if proof.where else proof.text, style)
    if proof.because:
        yield from _wrapped("           # ", proof.because, style)


def uncovered_lines(assertion: Assertion | None, style: Style) -> Iterator[str]:
    """Print what is open and no entry speaks of; nothing without a policy."""
    if assertion and assertion.uncovered:
        yield bold("open, and no entry speaks of it", style)
        rows = list(uncovered_rows(assertion))
        for row in rows[:_ROWS]:
            yield from wrap_whole(terminal_text(row), style.width, first="  ", rest="     ")
        if len(rows) > _ROWS:
            yield f"  and {len(rows) - _ROWS} more ports (--format json has all)"
        yield ""


def _wrapped(first: str, text: str, style: Style) -> list[str]:
    return wrap_whole(terminal_text(text), style.width, first=first, rest=" " * 11)
