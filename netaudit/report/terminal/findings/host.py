"""The host of an audit in a few lines: what is open to whom, and how far its rules are explained."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedSnapshot, Standing
from netaudit.model.facts import OBJECT_SOURCES, RULE_SOURCES, GapReason
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.reach.open_ports import describe_open
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count


def host_lines(shown: AttributedSnapshot, style: Style) -> Iterator[str]:
    """Print what outsiders reach, a line for each group of zones, and how many rules have a cause."""
    for line in (*describe_open(shown), _rules(shown)):
        yield from wrap(terminal_text(line), style.width, rest="  ")


def _rules(shown: AttributedSnapshot) -> str:
    coverage = shown.coverage
    causes = [
        (coverage.proved, "with a proved cause"),
        (coverage.likely, "likely"),
        (coverage.ambiguous, "ambiguous"),
        (coverage.unattributed, "without a known cause"),
    ]
    said = ", ".join(f"{number} {words}" for number, words in causes if number)
    return f"{count(coverage.rules, 'rule')}{': ' if said else ''}{said}; {', '.join(_wrong(shown))}"


def _wrong(shown: AttributedSnapshot) -> list[str]:
    """Count what is missing and stale, or say that nobody knows: not all of Docker's objects were seen, or no rule."""
    unread = [gap for gap in shown.head.gaps if gap.source in OBJECT_SOURCES]
    has_rules = any(one.attribution.maker == "docker" for one in shown.items)
    unknown = sorted({gap.source for gap in unread if has_rules or gap.reason is not GapReason.ABSENT})
    if not shown.coverage.rules:
        unknown += sorted({gap.source for gap in shown.head.gaps if gap.source in RULE_SOURCES})
    stale = sum(one.attribution.standing is Standing.STALE for one in shown.defects)
    if unknown and not (shown.missing or stale):
        return [f"missing and stale ones are not known ({', '.join(unknown)})"]
    undecided = shown.coverage.undecided
    wrong = [f"{len(shown.missing)} missing", f"{stale} stale"]
    return wrong + ([f"{undecided} expected and not decided"] if undecided else [])
