"""What an operator reads: grouped by cause, 80 columns, symbols that need no colour.

tabulate is imported here alone.
"""

from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedInside,
    AttributedItem,
    AttributedSnapshot,
    Confidence,
    SnapshotHead,
)
from netaudit.diff import Altered, Moved
from netaudit.model.ruleset import ObjectKind
from netaudit.report.exposure_terminal import lead_diff
from netaudit.report.grouping import Group, describe_causes, group_by, group_by_cause
from netaudit.report.order import Grouping
from netaudit.report.safe_text import visible
from netaudit.report.style import Style, bold, paint
from netaudit.report.words import (
    describe_coverage,
    describe_earlier,
    describe_gap,
    describe_head,
    describe_writer,
    summarise_diff,
    summarise_snapshot,
    symbol,
)

_NARROWEST = 52  # columns that a rule's text should have


def render_diff(diff: AttributedDiff, style: Style) -> str:
    """Print a diff: what changed and why, what is missing, what could not be seen, one line that sums up."""
    lines = [*_heads(diff), "", *lead_diff(diff, style)]
    for group in group_by_cause(diff.changes):
        lines += [*_heading(group, style), *_table(_change_rows(group.members), style), ""]
    if not diff.changes:
        lines += ["No rule, chain or policy changed.", ""]
    lines += _missing(diff.missing, style)
    lines += _defects(diff.defects, style)
    lines += _gaps((diff.before, diff.after))
    lines += [f"afterwards {describe_coverage(diff.coverage)}", summarise_diff(diff)]
    return _join(lines)


def render_snapshot(snapshot: AttributedSnapshot, style: Style, grouping: Grouping = Grouping.CHAIN) -> str:
    """Print every rule of a host with its cause."""
    lines = [visible(describe_head(snapshot.head)), ""]
    rules = [one for one in snapshot.items if one.item.object is not ObjectKind.CHAIN]
    if grouping is Grouping.CHAIN:
        lines += _chains(rules, style)
    else:
        for group in group_by(rules, grouping):
            lines += [*_heading(group, style), *_table(_item_rows(group.members), style), ""]
    lines += _inside(snapshot.inside, style)
    lines += _missing(snapshot.missing, style)
    lines += _defects(snapshot.defects, style)
    lines += _gaps((snapshot.head,))
    lines.append(summarise_snapshot(snapshot))
    return _join(lines)


def _join(lines: Iterable[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _heads(diff: AttributedDiff) -> Iterator[str]:
    yield f"before  {visible(describe_head(diff.before))}"
    yield f"after   {visible(describe_head(diff.after))}"


def _heading(group: Group, style: Style) -> Iterator[str]:
    yield bold(visible(group.heading), style)
    if group.note:
        yield f"  ({visible(group.note)})"


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
            yield bold(visible(place), style)
            at, rows = place, []
        unknown = one.attribution.confidence is Confidence.UNATTRIBUTED
        rows.append(("?" if unknown else "", f"#{item.position}" if item.position else "", item.text))
        if one.attribution.causes:
            rows.append(("", "", f"# {_cause(one)}"))
    yield from _finish(rows, style)


def _inside(namespaces: Iterable[AttributedInside], style: Style) -> Iterator[str]:
    for inside in namespaces:
        rules = [one for one in inside.items if one.item.object is ObjectKind.RULE]
        if rules:
            yield bold(visible(f"inside container {inside.container.name}"), style)
            yield from _chains(rules, style)


def _finish(rows: Sequence[Sequence[str]], style: Style) -> Iterator[str]:
    if rows:
        yield from _table(rows, style)
        yield ""


def _cause(one: AttributedItem) -> str:
    sure = "" if one.attribution.confidence is Confidence.PROVED else f" ({one.attribution.confidence})"
    return describe_causes(one.attribution.causes) + sure


def _missing(missing: Sequence[AttributedItem], style: Style) -> Iterator[str]:
    if not missing:
        return
    yield bold("missing: ought to be there, and is not", style)
    rows: list[Sequence[str]] = []
    for one in missing:
        rows += [
            ("!", one.item.where, one.item.text),
            ("", "", f"# for {describe_causes(one.attribution.causes)}; {one.attribution.reason}"),
        ]
        rows.append(("", "", f"# {one.attribution.purpose}"))
    yield from _table(rows, style)
    yield ""


def _defects(defects: Sequence[AttributedItem], style: Style) -> Iterator[str]:
    if not defects:
        return
    yield bold("there, and wrong", style)
    rows: list[Sequence[str]] = []
    for one in defects:
        whose = describe_causes(one.attribution.causes)
        rows += [
            ("!", one.item.where, one.item.text),
            ("", "", f"# {one.attribution.standing}: {one.attribution.reason}"),
        ]
        rows.append(("", "", f"# written for {whose}"))
    yield from _table(rows, style)
    yield ""


def _gaps(heads: Iterable[SnapshotHead]) -> Iterator[str]:
    gaps = sorted({gap for head in heads for gap in head.gaps})
    if gaps:
        yield "could not be seen"
        yield from (f"  {visible(describe_gap(gap))}" for gap in gaps)
        yield ""


def _table(rows: Iterable[Sequence[str]], style: Style) -> list[str]:
    """Lay out symbol, place and text; text is wrapped, never cut, and stands below the place where columns are few."""
    cells = [[visible(cell) for cell in row] for row in rows]
    if not cells:
        return []
    places = max(len(row[1]) for row in cells)
    width = style.width - places - 8
    if width < _NARROWEST:
        cells, width = _stacked(cells), style.width - 8
    columns = len(cells[0]) - 1
    table = tabulate(cells, tablefmt="plain", maxcolwidths=[*[None] * columns, width], disable_numparse=True)
    return [paint(f"  {line}", style) for line in table.split("\n")]


def _stacked(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """Put each text below its place."""
    stacked: list[list[str]] = []
    for mark, place, text in cells:
        if place:
            stacked.append([mark, place])
        stacked.append(["" if place else mark, f"{text}"])
    return stacked


def tabulate_plain(rows: Sequence[Sequence[str]], text_width: int = 48) -> str:
    """Lay out rows of three cells; the last one is wrapped."""
    return tabulate(rows, tablefmt="plain", maxcolwidths=[None, None, text_width], disable_numparse=True)
