"""What an operator reads: grouped by cause, 80 columns, symbols that need no colour."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedInside,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Confidence,
    SnapshotHead,
)
from netaudit.audit.changed import ChangedFindings
from netaudit.diff import Altered, Moved
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.policy.verdict import Assertion
from netaudit.report.terminal.assertion import held_lines
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.exposure import lead_diff
from netaudit.report.terminal.findings.summary import new_lines
from netaudit.report.terminal.layout import fill, gap_lines, gap_summary, table
from netaudit.report.terminal.style import Style, bold
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.by_cause import Group, describe_causes, group_by, group_by_cause, shorten_names
from netaudit.report.text.grouping import Grouping
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.unseen import Tense, describe_no_rule_change, tense_of
from netaudit.report.text.width import shorten
from netaudit.report.text.words import (
    describe_coverage,
    describe_earlier,
    describe_head,
    describe_place,
    describe_two_hosts,
    describe_writer,
    summarise_diff,
    summarise_snapshot,
    symbol,
)

_NAME = 120  # columns of a container's or network's name: one that is longer is cut, the port beside it never


def render_diff(
    diff: AttributedDiff,
    style: Style,
    assertion: Assertion | None = None,
    found: ChangedFindings | None = None,
) -> str:
    """Print a diff: what opened, new findings, what changed and why, what could not be seen, one line that sums up.

    `assertion` is the policy that the host was held against afterwards.
    """
    if style.detail is Detail.QUIET:
        return f"{summarise_diff(diff)}\n"
    lines = [*_heads(diff, style), "", *lead_diff(diff, style), *new_lines(found, style)]
    lines += [*change_groups(diff.changes, style)]
    if not diff.changes:
        lines += [*wrap(describe_no_rule_change((diff.before, diff.after), tense_of(diff)), style.width), ""]
    lines += [*closing_lines(diff, style), *(held_lines(assertion, style) if assertion else ()), summarise_diff(diff)]
    return _join(lines)


def change_groups(changes: Sequence[AttributedChange], style: Style) -> Iterator[str]:
    """Print changes by their causes."""
    for group in group_by_cause(changes):
        yield from (*_heading(group, style), *table(_change_rows(group.members), style), "")


def closing_lines(diff: AttributedDiff, style: Style) -> Iterator[str]:
    """Print what is missing and wrong afterwards, what could not be seen, and how much is explained."""
    yield from _missing(diff.missing, style)
    yield from _defects(diff.defects, style)
    yield from _gaps((diff.before, diff.after), style)
    yield f"afterwards {describe_coverage(diff.coverage)}"


def render_snapshot(snapshot: AttributedSnapshot, style: Style, grouping: Grouping = Grouping.CHAIN) -> str:
    """Print every rule of a host with its cause."""
    if style.detail is Detail.QUIET:
        return f"{summarise_snapshot(snapshot)}\n"
    lines = [*fill(describe_head(snapshot.head), style), ""]
    rules = [one for one in snapshot.items if one.item.object is not ObjectKind.CHAIN]
    if grouping is Grouping.CHAIN:
        lines += _chains(rules, style)
    else:
        for group in group_by(rules, grouping):
            lines += [*_heading(group, style), *table(_item_rows(group.members), style), ""]
    lines += _inside(snapshot.inside, style)
    lines += _missing(snapshot.missing, style)
    lines += _defects(snapshot.defects, style)
    lines += _gaps((snapshot.head,), style)
    lines.append(summarise_snapshot(snapshot))
    return _join(lines)


def _join(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _heads(diff: AttributedDiff, style: Style) -> Iterator[str]:
    if tense_of(diff) is Tense.COMPARED:
        yield from fill(describe_two_hosts(diff.before.host, diff.after.host), style)
    yield from fill(f"before  {describe_head(diff.before)}", style)
    yield from fill(f"after   {describe_head(diff.after)}", style)


def _heading(group: Group, style: Style) -> Iterator[str]:
    first = group.members[0].attribution
    whole = group.heading == describe_causes(first.causes)
    heading = _describe_owner(first) if whole else shorten(terminal_text(group.heading), style.width)
    yield from (bold(line, style) for line in fill(heading, style))
    if group.note:
        yield from (f"  {line}" for line in fill(f"({group.note})", style))


def _describe_owner(attribution: Attribution) -> str:
    return describe_causes(shorten_names(attribution.causes, _NAME))


def _change_rows(members: Iterable[AttributedChange | AttributedItem]) -> Iterator[Sequence[str]]:
    for one in members:
        if not isinstance(one, AttributedChange):
            continue
        unknown = "?" if one.attribution.confidence is Confidence.UNATTRIBUTED else ""
        item = one.change.item
        yield symbol(one.change) + unknown, item.where, item.text
        match one.change:
            case Altered(_, before):
                yield "", "", f"was: {describe_earlier(item, before)}"
            case Moved(_, before):
                yield "", "", f"was: {before.where}"
            case _:
                pass
        if one.attribution.purpose:
            yield "", "", f"# {one.attribution.purpose}"
        if one.writer:
            yield "", "", f"# {describe_writer(one)}"


def _item_rows(members: Iterable[AttributedChange | AttributedItem]) -> Iterator[Sequence[str]]:
    for one in members:
        if isinstance(one, AttributedItem):
            yield (
                "?" if one.attribution.confidence is Confidence.UNATTRIBUTED else "",
                one.item.where,
                one.item.text,
            )
            if one.attribution.purpose:
                yield "", "", f"# {one.attribution.purpose}"


def _chains(rules: Sequence[AttributedItem], style: Style) -> Iterator[str]:
    """Print chain by chain: each rule with its cause beneath."""
    at = ""
    rows: list[Sequence[str]] = []
    for one in rules:
        item = one.item
        place = f"{item.backend} {item.family} {item.table}/{item.chain}".rstrip("/")
        if place != at:
            yield from _finish(rows, style)
            yield from (bold(line, style) for line in fill(place, style))
            at, rows = place, []
        unknown = one.attribution.confidence is Confidence.UNATTRIBUTED
        rows.append(("?" if unknown else "", f"#{item.position}" if item.position else "", item.text))
        if one.attribution.causes:
            rows.append(("", "", f"# {_cause(one)}"))
    yield from _finish(rows, style)


def _inside(namespaces: Iterable[AttributedInside], style: Style) -> Iterator[str]:
    for inside in namespaces:
        rules = [one for one in inside.items if one.item.object is ObjectKind.RULE or _drops(one)]
        if rules:
            yield bold(terminal_text(f"inside {describe_place(inside.container)}"), style)
            yield from _chains(rules, style)


def _drops(one: AttributedItem) -> bool:
    """Tell whether an item is a policy that stops packets: what is accepted by default need not be said."""
    return one.item.object is ObjectKind.POLICY and one.item.text.casefold().endswith("drop")


def _finish(rows: Sequence[Sequence[str]], style: Style) -> Iterator[str]:
    if rows:
        yield from table(rows, style)
        yield ""


def _cause(one: AttributedItem) -> str:
    sure = "" if one.attribution.confidence is Confidence.PROVED else f" ({one.attribution.confidence})"
    return _describe_owner(one.attribution) + sure


def _missing(missing: Sequence[AttributedItem], style: Style) -> Iterator[str]:
    return _wrong("missing: ought to be there, and is not", missing, _why_missing, style)


def _defects(defects: Sequence[AttributedItem], style: Style) -> Iterator[str]:
    return _wrong("stale, misplaced or duplicate", defects, _why_defect, style)


def _why_missing(by: Attribution) -> tuple[str, str]:
    return f"for {_describe_owner(by)}; {by.reason}", by.purpose


def _why_defect(by: Attribution) -> tuple[str, str]:
    return f"{by.standing}: {by.reason}", f"written for {_describe_owner(by)}"


def _wrong(
    title: str, found: Sequence[AttributedItem], why: Callable[[Attribution], tuple[str, str]], style: Style
) -> Iterator[str]:
    """List rules that are not as they ought to be, below each in two lines why."""
    if not found:
        return
    yield bold(title, style)
    rows: list[Sequence[str]] = []
    for one in found:
        rows.append(("!", one.item.where, one.item.text))
        rows += [("", "", f"# {line}") for line in why(one.attribution)]
    yield from table(rows, style)
    yield ""


def _gaps(heads: Iterable[SnapshotHead], style: Style) -> Iterator[str]:
    found = [head.gaps for head in heads]
    if len(found) == 1:
        yield from gap_summary(found[0], style)
    elif gaps := {gap for each in found for gap in each}:
        yield from ("could not be seen", *gap_lines(gaps), "")
