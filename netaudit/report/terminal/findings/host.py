"""The host of an audit in a few lines: what is open to whom, and how far its rules are explained."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedSnapshot, Standing
from netaudit.model.exposure import OUTSIDE
from netaudit.model.facts import OBJECT_SOURCES, RULE_SOURCES, GapReason
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.destinations import OTHER_PORTS
from netaudit.report.text.reach.rows import OpenRow, open_rows
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.unseen import describe_nothing_reachable
from netaudit.report.text.words import count

_WILDCARDS = {"0.0.0.0:": " (IPv4)", "[::]:": " (IPv6)"}
_MOST_ADDRESSES = 2  # addresses of one port
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
    narrowed = shown.head.narrowed
    everywhere = narrowed is not None and bool(narrowed.zones)  # then there are no other zones left
    for row in open_rows(one for one in shown.exposure if everywhere or one.exposure.zone.kind in OUTSIDE):
        groups.setdefault(f"{'' if row.sure else 'may be '}open to {', '.join(map(str, row.zones))}", []).append(row)
    for zones, rows in groups.items():
        more = f" and {len(rows) - _NAMED} more (netaudit exposure)" if len(rows) > _NAMED else ""
        yield f"{zones}: {', '.join(f'{row.name}{_host_port(row)}' for row in rows[:_NAMED])}{more}"
    if not groups:
        yield describe_nothing_reachable(shown.head)


def _host_port(row: OpenRow) -> str:
    """Say by which port of the host, and over which family where it is one.

    "" where it is the same port over both, and for ports that are not known.
    """
    if row.receiver == OTHER_PORTS:
        return ""
    ports = {wildcard: set[str]() for wildcard in _WILDCARDS}
    for address in row.addresses:
        for wildcard, known in ports.items():
            known.update([address.removeprefix(wildcard)] if address.startswith(wildcard) else [])
    ipv4, ipv6 = ports.values()
    if ipv4 == ipv6 and len(row.addresses) == len(ipv4) + len(ipv6):
        return "" if ipv4 == {row.port.partition("/")[0]} else f" by port {', '.join(sorted(ipv4, key=int))}"
    shown = [
        f"{one}{next((said for start, said in _WILDCARDS.items() if one.startswith(start)), '')}"
        for one in row.addresses
    ]
    more = f" and {len(shown) - _MOST_ADDRESSES} more" if len(shown) > _MOST_ADDRESSES else ""
    return f" by {', '.join(shown[:_MOST_ADDRESSES])}{more}"


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
