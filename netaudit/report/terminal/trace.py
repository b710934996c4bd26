"""A packet's way for a terminal: the places that it passes, then hook by hook the rules that it meets, and the end."""

from collections.abc import Iterator

from netaudit.attribute.trace import AttributedTrace
from netaudit.model.exposure import Outcome
from netaudit.packets.values.steps import ARRIVED, Step, StepKind, Trace
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.style import Style, bold, paint
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.trace import (
    decider,
    describe_author,
    describe_end,
    describe_hop,
    describe_outcome,
    describe_place,
    describe_published,
    describe_step,
    describe_verdict,
)
from netaudit.report.text.words import describe_head

_RULES = (StepKind.RULE, StepKind.POLICY)


def render_trace(shown: AttributedTrace, style: Style) -> str:
    """Print a packet's way."""
    journey = shown.journey
    lines = [terminal_text(describe_head(shown.head)), ""]
    lines += [bold(terminal_text(f"{journey.source} → {journey.target}, {journey.question.state}"), style)]
    lines += [*_outcome(shown, style), ""]
    lines += _hops(shown, style)
    lines += _way(journey.trace, shown, style)
    for answer in journey.trace.answers:
        lines += ["", bold("the answer", style), *_answer(answer, shown, style)]
    for later in journey.trace.later:
        lines += ["", bold("a later packet", style), *_way(later, shown, style)]
    lines += wrap(terminal_text(describe_outcome(shown)), style.width, rest="  ", hyphens=True)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _outcome(shown: AttributedTrace, style: Style) -> Iterator[str]:
    """Say what becomes of the packet and which rule decides, and by which other port it may get there."""
    yield from wrap(terminal_text(describe_outcome(shown)), style.width, rest="  ", hyphens=True)
    said = [item.text] if (item := decider(shown)) else []
    for way in (*said, *describe_published(shown, style.snapshot)):
        yield from wrap(terminal_text(way), style.width, first="  ", rest="    ", hyphens=True)


def _hops(shown: AttributedTrace, style: Style) -> Iterator[str]:
    hops = shown.journey.hops
    if not hops:
        return
    width = min(max(len(terminal_text(hop.name)) for hop in hops), 30)
    for at, hop in enumerate(hops):
        first, *rest = wrap(terminal_text(describe_hop(hop)), max(style.width - width - 8, 20), hyphens=True) or [""]
        yield f"  {'│' if 0 < at < len(hops) - 1 else '●'} {terminal_text(hop.name):{width}}  {first}"
        yield from (f"  {'│' if at < len(hops) - 1 else ' '} {'':{width}}  {line}" for line in rest)
    yield ""


def _answer(answer: Trace, shown: AttributedTrace, style: Style) -> Iterator[str]:
    """Follow an answer; one that surely comes back only where everything is asked for."""
    if answer.outcome is Outcome.ALLOWED and not answer.limits and style.detail is not Detail.FULL:
        yield "  !  it comes back (--verbose follows it)"
    else:
        yield from _way(answer, shown, style)


def _way(trace: Trace, shown: AttributedTrace, style: Style) -> Iterator[str]:
    yield from _steps(trace, shown, style)
    yield from _ends(trace, shown, style)


def _steps(trace: Trace, shown: AttributedTrace, style: Style) -> Iterator[str]:
    hook = ""
    for step in trace.steps:
        name = str(step.hook or "")
        if name and name != hook:
            yield bold(name, style)
            hook = name
        yield from _step(step, shown, style)
    yield ""


def _step(step: Step, shown: AttributedTrace, style: Style) -> Iterator[str]:
    mark = "?" if not step.sure else " "
    yield from _wrapped(mark, f"{describe_place(step)}  {describe_step(step)}", style)
    verdict = describe_verdict(step, shown.journey.trace.packet)
    if verdict:
        yield from _wrapped("", f"→ {verdict}", style)
    if step.reason:
        yield from _wrapped("", f"# may: {describe_reason(step.reason)}", style)
    if step.kind is StepKind.RULE:
        for line in describe_author(step.item, shown):
            yield from _wrapped("", f"# {line}", style)


def _ends(trace: Trace, shown: AttributedTrace, style: Style) -> Iterator[str]:
    said = {step.item for step in trace.steps}
    for note in trace.notes:
        yield from _wrapped("", f"note: {describe_reason(note)}", style)
    for doubt in trace.doubts:
        yield from _wrapped("?", f"undecided: {describe_reason(doubt)}", style)
    for end in trace.ends:
        mark = ("?" if not end.sure else "!") if end.kind in ARRIVED else "?" if not end.sure else " "
        yield from _wrapped(mark, f"{'' if end.sure else 'possibly '}{describe_end(end)}", style)
        for line in describe_author(end.item, shown) if end.item not in said else ():
            yield from _wrapped("", f"# {line}", style)


def _wrapped(mark: str, text: str, style: Style) -> Iterator[str]:
    first, *rest = wrap(terminal_text(text), style.width - 5, rest="  ") or [""]
    yield paint(f"  {mark:1}  {first}", style)
    yield from (f"     {line}" for line in rest)
