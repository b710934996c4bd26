"""The first screen of a page: which host, when, how bad, what is open to whom, and what was found, a line each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedSnapshot, SnapshotHead
from netaudit.audit.finding import Audit
from netaudit.audit.risk import Mistake, Reach, fold_mistakes, gather_mistakes
from netaudit.model.exposure import OUTSIDE, Outcome, ZoneKind
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.severity import Severity
from netaudit.report.text.findings.accepted import count_accepted, describe_all_accepted, describe_obeyed
from netaudit.report.text.findings.answered import describe_answers
from netaudit.report.text.findings.places import describe_places, describe_what
from netaudit.report.text.reach.rows import OpenRow, open_rows
from netaudit.report.text.unrecorded import describe_not_seen
from netaudit.report.text.unseen import Tense, tense_of
from netaudit.report.text.words import distinct_gaps, engines, say_time

_OPEN = 8  # rows of one heading: the map below has all
_FOUND = 8  # lines of findings
_OWN = frozenset({"docker", "podman", "kernel", ""})  # makers that are no firewall of the host
_FROM = {Reach.INTERNET: "Internet", Reach.LAN: "LAN", Reach.INSIDE: ""}
_CHANGED = {
    Tense.HAPPENED: ("Newly open to", "No longer open to"),
    Tense.PLANNED: ("Would be open to", "Would be closed to"),
    Tense.COMPARED: ("Open on {after} alone to", "Open on {before} alone to"),
}


class Tile(msgspec.Struct, frozen=True):
    """How many findings have a severity; `at_least` where nobody computed who can reach what, which most ask for."""

    severity: Severity
    number: int
    at_least: bool = False

    @property
    def shown(self) -> str:
        """The number, or that it is not known."""
        return f"{self.number or '?'}{'+' if self.number else ''}" if self.at_least else str(self.number)


class OpenGroup(msgspec.Struct, frozen=True):
    """What is open to the same zones; `more` are rows that are not listed."""

    heading: str
    rows: tuple[OpenRow, ...]
    more: int
    closed: bool = False


class FoundLine(msgspec.Struct, frozen=True):
    """A finding in one line; `anchor` leads to it."""

    severity: Severity
    reach: str
    places: str
    title: str
    fingerprint: str


class Opening(msgspec.Struct, frozen=True):
    """The first screen; `tiles` is empty where nobody audited, `found_more` counts the lines that are not shown."""

    facts: tuple[tuple[str, str], ...]
    open: tuple[OpenGroup, ...]
    tiles: tuple[Tile, ...] = ()
    found: tuple[FoundLine, ...] = ()
    found_more: int = 0
    checks: str = ""  # how many have an answer
    accepted: tuple[tuple[str, int], ...] = ()  # by what
    nothing: str = ""  # why nothing is open, where all is accepted


def open_snapshot(snapshot: AttributedSnapshot, audit: Audit | None) -> Opening:
    """Return the first screen of a host's page; None where nobody audited."""
    makers = {one.attribution.maker for one in snapshot.items if one.item.object is ObjectKind.RULE}
    groups = tuple(_groups("Open to", (one for one in snapshot.exposure or () if _outside(one))))
    return _opening((snapshot.head,), tuple(sorted(makers - _OWN)), groups, audit)


def open_diff(diff: AttributedDiff, audit: Audit | None, tense: Tense = Tense.HAPPENED) -> Opening:
    """Return the first screen of the page of a diff: what became open before what was closed."""
    changes = diff.exposure or ()
    opened = [one.after for one in changes if one.after and _outside(one.after) and not _is_open(one.before)]
    closed = [one.before for one in changes if one.before and _outside(one.before) and not _is_open(one.after)]
    hosts = {"before": diff.before.host, "after": diff.after.host}
    for_opened, for_closed = (words.format_map(hosts) for words in _CHANGED[tense_of(diff, tense)])
    groups = (*_groups(for_opened, opened), *_groups(for_closed, closed, closed=True))
    return _opening((diff.before, diff.after), (), groups, audit)


def _outside(one: AttributedExposure) -> bool:
    return one.exposure.zone.kind in OUTSIDE


def _is_open(one: AttributedExposure | None) -> bool:
    return one is not None and one.exposure.outcome is not Outcome.BLOCKED


def _groups(words: str, cells: Iterable[AttributedExposure], *, closed: bool = False) -> Iterator[OpenGroup]:
    by_zones: dict[str, list[OpenRow]] = {}
    for row in open_rows(cells):
        said = words if row.sure else f"May be {words[:1].lower()}{words[1:]}"
        said = f"{said} {_zones(row)}"
        by_zones.setdefault(said, []).append(row)
    for said, rows in by_zones.items():
        yield OpenGroup(said, tuple(rows[:_OPEN]), len(rows) - len(rows[:_OPEN]), closed)


def _zones(row: OpenRow) -> str:
    names = ["the Internet" if one.kind is ZoneKind.INTERNET else f"the LAN ({one.name})" for one in row.zones]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _opening(
    heads: Sequence[SnapshotHead],
    makers: Sequence[str],
    groups: tuple[OpenGroup, ...],
    audit: Audit | None,
) -> Opening:
    facts = tuple(_facts(heads, makers))
    if audit and (obeyed := describe_obeyed(audit.obeyed)):
        facts += (("Configuration", obeyed),)
    if audit is None:
        return Opening(facts, groups)
    mistakes = gather_mistakes(audit.open)
    lines = fold_mistakes(mistakes)
    counts = Counter(one.first.severity for one in mistakes)
    return Opening(
        facts=facts,
        open=groups,
        tiles=tuple(Tile(one, counts[one], not audit.exposed) for one in reversed(Severity)),
        found=tuple(map(_line, lines[:_FOUND])),
        found_more=len(lines) - len(lines[:_FOUND]),
        checks=describe_answers(audit),
        accepted=tuple(count_accepted(audit.findings).items()),
        nothing="" if audit.open else describe_all_accepted(audit.findings),
    )


def _line(mistake: Mistake) -> FoundLine:
    first = mistake.first
    reach = f"{'may: ' if mistake.may_reach else ''}{_FROM[mistake.reach]}"
    return FoundLine(first.severity, reach, describe_places(mistake), describe_what(mistake), first.fingerprint)


def _facts(heads: Sequence[SnapshotHead], makers: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "Host", " → ".join(dict.fromkeys(head.host or "not recorded" for head in heads))
    yield "Taken", " → ".join(dict.fromkeys(say_time(head.taken_at) for head in heads))
    yield "Engine", " → ".join(dict.fromkeys(", ".join(engines(head)) or "not known" for head in heads))
    used = " → ".join(dict.fromkeys(", ".join(head.backends) or "no rules" for head in heads))
    yield "Firewall", f"{used}; also {', '.join(makers)}" if makers else used
    if not_seen := describe_not_seen(distinct_gaps(heads)):
        yield "Not seen", not_seen
