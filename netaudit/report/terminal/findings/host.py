"""The host of an audit in a few lines: what is open to whom, and how far its rules are explained."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedSnapshot, Standing
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.reach.rows import OUTSIDE, OpenRow, open_rows
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count

_NAMED = 6  # ports of one group of zones


def host_lines(shown: AttributedSnapshot, style: Style) -> Iterator[str]:
    """Print what outsiders reach, a line for each group of zones, and how many rules have a cause."""
    for line in (*_open(shown), _rules(shown)):
        yield from wrap(terminal_text(line), style.width, rest="  ")


def _open(shown: AttributedSnapshot) -> Iterator[str]:
    if shown.exposure is None:
        yield f"who can reach what was not computed: {shown.exposure_gap or 'not asked for'}"
        return
    groups: dict[str, list[OpenRow]] = {}
    for row in open_rows(one for one in shown.exposure if one.exposure.zone.kind in OUTSIDE):
        groups.setdefault(f"{'' if row.sure else 'may be '}open to {', '.join(map(str, row.zones))}", []).append(row)
    for zones, rows in groups.items():
        more = f" and {len(rows) - _NAMED} more (netaudit exposure)" if len(rows) > _NAMED else ""
        yield f"{zones}: {', '.join(row.name for row in rows[:_NAMED])}{more}"
    if not groups:
        yield "open to internet, lan: nothing"


def _rules(shown: AttributedSnapshot) -> str:
    coverage = shown.coverage
    causes = [
        (coverage.proved, "with a proved cause"),
        (coverage.likely, "likely"),
        (coverage.ambiguous, "ambiguous"),
        (coverage.unattributed, "without a known cause"),
    ]
    said = ", ".join(f"{number} {words}" for number, words in causes if number)
    stale = sum(one.attribution.standing is Standing.STALE for one in shown.defects)
    wrong = [f"{len(shown.missing)} missing", f"{stale} stale"]
    wrong += [f"{coverage.undecided} expected and not decided"] if coverage.undecided else []
    return f"{count(coverage.rules, 'rule')}{': ' if said else ''}{said}; {', '.join(wrong)}"
