"""What is accepted, a line each with the reason; then what the baseline has, as findings are printed."""

from collections.abc import Iterable, Iterator

from netaudit.audit.finding import Finding, Obeyed
from netaudit.audit.risk import gather_by_status
from netaudit.report.terminal.findings.summary import summary_lines
from netaudit.report.terminal.style import Style, bold
from netaudit.report.terminal.wrapping import wrap, wrap_whole
from netaudit.report.text.findings.accepted import describe_obeyed, why_accepted
from netaudit.report.text.findings.places import describe_places
from netaudit.report.text.sanitize import terminal_text


def accepted_lines(findings: Iterable[Finding], style: Style, most: int | None = None) -> Iterator[str]:
    """Print what the baseline has, which nobody accepted, then what somebody did: at most so many."""
    gathered = gather_by_status(findings)
    if gathered["known"]:
        yield "known (in the baseline): no gate counts them"
        yield from (*summary_lines(gathered["known"], style), "")
    accepted = gathered["waived"] + gathered["permitted"]
    if accepted:
        yield bold("accepted", style)
        for mistake in accepted[:most]:
            for one, reason in why_accepted(mistake):
                text = f"{one.severity} {one.check.id}  {describe_places(mistake)}: {reason}"
                yield from wrap_whole(terminal_text(text), style.width, first="  ", rest="    ")
        if len(accepted) > len(accepted[:most]):
            yield f"  and {len(accepted) - len(accepted[:most])} more (--verbose lists them)"
        yield ""


def obeyed_lines(obeyed: Obeyed | None, style: Style) -> Iterator[str]:
    """Print which configuration decides, and what; nothing without one."""
    if said := describe_obeyed(obeyed):
        yield from wrap(terminal_text(said), style.width, rest="  ")
