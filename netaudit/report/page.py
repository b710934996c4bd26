"""Attributed values -> what the pages of `document` show, the same for HTML and Markdown. No markup here."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Cause,
    Confidence,
    Coverage,
    Ref,
    SnapshotHead,
)
from netaudit.diff import Altered, Moved, Removed
from netaudit.model.facts import Gap
from netaudit.model.ruleset import Item, ObjectKind
from netaudit.report.anchors import Anchors
from netaudit.report.figures import Figure, diff_figures, distinct_gaps, snapshot_figures
from netaudit.report.grouping import describe_causes, group_by_cause
from netaudit.report.verdict import Sentence, judge_diff, judge_snapshot
from netaudit.report.words import describe_earlier, describe_writer, symbol, verb


class Link(msgspec.Struct, frozen=True):
    """A text and the anchor that it leads to."""

    text: str
    anchor: str


class Row(msgspec.Struct, frozen=True):
    """One object of a ruleset as a page shows it; `change` is the word for the symbol, "" where nothing changed."""

    anchor: str
    symbol: str
    change: str
    item: Item
    attribution: Attribution
    cause: str
    subjects: tuple[Link, ...]
    was_text: str = ""
    was_place: str = ""
    written: str = ""  # by whom, where somebody listened


class Block(msgspec.Struct, frozen=True):
    """Rows under one heading: what one set of causes brought about, or what one chain holds."""

    heading: str
    note: str
    rows: tuple[Row, ...]
    subjects: tuple[Link, ...] = ()


class ChainBlock(msgspec.Struct, frozen=True):
    """A chain, set or map of a snapshot; `head` and `policy` are the rows of its declaration and its policy."""

    anchor: str
    item: Item
    rows: tuple[Row, ...]
    head: Row | None = None
    policy: Row | None = None


class Subject(msgspec.Struct, frozen=True):
    """A container or network and the rows that it caused."""

    kind: str
    ref: Ref
    anchor: str
    rows: tuple[Link, ...]


class Page(msgspec.Struct, frozen=True):
    """What both pages have."""

    title: str
    verdict: tuple[Sentence, ...]
    figures: tuple[Figure, ...]
    missing: tuple[Row, ...]
    defects: tuple[Row, ...]
    subjects: tuple[Subject, ...]
    gaps: tuple[Gap, ...]
    coverage: Coverage
    heads: tuple[tuple[str, SnapshotHead], ...]
    facets: tuple[tuple[str, tuple[str, ...]], ...]


class DiffPage(Page, frozen=True):
    """A diff: what changed, by cause; what nobody is known to have caused stands apart."""

    groups: tuple[Block, ...]
    unattributed: tuple[Row, ...]


class SnapshotPage(Page, frozen=True):
    """A snapshot: its chains, in the order of its tables."""

    chains: tuple[ChainBlock, ...]


def make_diff_page(diff: AttributedDiff) -> DiffPage:
    """Lay out a diff."""
    anchors = Anchors()
    missing = tuple(_missing_row(one, anchors) for one in diff.missing)
    defects = tuple(_defect_row(one, anchors) for one in diff.defects)
    known = [one for one in diff.changes if one.attribution.confidence is not Confidence.UNATTRIBUTED]
    nobodys = [one for one in diff.changes if one.attribution.confidence is Confidence.UNATTRIBUTED]
    groups = tuple(_group(group.heading, group.note, group.members, anchors) for group in group_by_cause(known))
    unattributed = tuple(_change_row(one, anchors) for one in nobodys)
    rows = [*(row for group in groups for row in group.rows), *missing, *defects, *unattributed]
    return DiffPage(
        title=f"changes on {diff.after.host or 'an unnamed host'}",
        verdict=judge_diff(diff),
        figures=tuple(diff_figures(diff)),
        missing=missing,
        defects=defects,
        subjects=_subjects(rows, anchors),
        gaps=distinct_gaps((diff.before, diff.after)),
        coverage=diff.coverage,
        heads=(("before", diff.before), ("after", diff.after)),
        facets=_facets(rows),
        groups=groups,
        unattributed=unattributed,
    )


def make_snapshot_page(snapshot: AttributedSnapshot) -> SnapshotPage:
    """Lay out a snapshot."""
    anchors = Anchors()
    missing = tuple(_missing_row(one, anchors) for one in snapshot.missing)
    defects = tuple(_defect_row(one, anchors) for one in snapshot.defects)
    chains = tuple(_chains(snapshot.items, anchors))
    rows = [*(row for chain in chains for row in rows_of(chain)), *missing, *defects]
    return SnapshotPage(
        title=f"rules of {snapshot.head.host or 'an unnamed host'}",
        verdict=judge_snapshot(snapshot),
        figures=tuple(snapshot_figures(snapshot)),
        missing=missing,
        defects=defects,
        subjects=_subjects(rows, anchors),
        gaps=distinct_gaps((snapshot.head,)),
        coverage=snapshot.coverage,
        heads=(("snapshot", snapshot.head),),
        facets=_facets(rows),
        chains=chains,
    )


def _row(item: Item, attribution: Attribution, anchors: Anchors, *, prefix: str = "") -> Row:
    nobodys = attribution.confidence is Confidence.UNATTRIBUTED and item.object is ObjectKind.RULE
    return Row(
        anchor=anchors.rule(item, prefix),
        symbol="?" if nobodys else "",
        change="",
        item=item,
        attribution=attribution,
        cause=describe_causes(attribution.causes),
        subjects=_links(attribution.causes, anchors),
    )


def _missing_row(one: AttributedItem, anchors: Anchors) -> Row:
    row = _row(one.item, one.attribution, anchors, prefix=f"missing-{one.item.object}")
    return msgspec.structs.replace(row, symbol="!", change="missing")


def _defect_row(one: AttributedItem, anchors: Anchors) -> Row:
    standing = one.attribution.standing
    row = _row(one.item, one.attribution, anchors, prefix=f"{standing}-{one.item.object}")
    return msgspec.structs.replace(row, symbol="!", change=str(standing))


def _change_row(one: AttributedChange, anchors: Anchors) -> Row:
    item = one.change.item
    prefix = f"removed-{item.object}" if isinstance(one.change, Removed) else ""
    row = _row(item, one.attribution, anchors, prefix=prefix)
    mark = symbol(one.change) + row.symbol
    row = msgspec.structs.replace(row, symbol=mark, change=verb(one.change), written=describe_writer(one))
    match one.change:
        case Altered(_, before):
            return msgspec.structs.replace(row, was_text=describe_earlier(item, before))
        case Moved(_, before):
            return msgspec.structs.replace(row, was_place=before.where)
        case _:
            return row


def _group(heading: str, note: str, members: Iterable[AttributedChange | AttributedItem], anchors: Anchors) -> Block:
    rows = tuple(_change_row(one, anchors) for one in members if isinstance(one, AttributedChange))
    return Block(heading, note, rows, rows[0].subjects if rows else ())


def _chains(items: Sequence[AttributedItem], anchors: Anchors) -> Iterator[ChainBlock]:
    for _, members in groupby(
        items, key=lambda one: (one.item.backend, one.item.family, one.item.table, one.item.chain)
    ):
        rows = [_row(one.item, one.attribution, anchors) for one in members]
        of_kind = {row.item.object: row for row in rows if row.item.object in (ObjectKind.CHAIN, ObjectKind.POLICY)}
        head, policy = of_kind.get(ObjectKind.CHAIN), of_kind.get(ObjectKind.POLICY)
        inside = tuple(row for row in rows if row not in (head, policy))
        first = head or policy or rows[0]
        yield ChainBlock(f"in-{first.anchor}", first.item, inside, head, policy)


def rows_of(chain: ChainBlock) -> list[Row]:
    """List all rows of a chain: its declaration, its policy, its rules."""
    return [*([chain.head] if chain.head else []), *([chain.policy] if chain.policy else []), *chain.rows]


def _links(causes: Sequence[Cause], anchors: Anchors) -> tuple[Link, ...]:
    links: dict[Link, None] = {}
    for cause in causes:
        for kind, ref in (("container", cause.container), ("network", cause.network)):
            if ref:
                links[Link(ref.name or ref.id[:12], anchors.subject(kind, ref))] = None
    return tuple(links)


def _subjects(rows: Iterable[Row], anchors: Anchors) -> tuple[Subject, ...]:
    """List containers, then networks, by name, with what they caused."""
    caused: dict[tuple[str, str, Ref], dict[Link, None]] = {}
    for row in rows:
        for cause in row.attribution.causes:
            for kind, ref in (("container", cause.container), ("network", cause.network)):
                if ref:
                    caused.setdefault((kind, ref.name, ref), {})[
                        Link(f"{row.symbol} {row.item.where}".strip(), row.anchor)
                    ] = None
    return tuple(
        Subject(kind, ref, anchors.subject(kind, ref), tuple(caused[kind, name, ref]))
        for kind, name, ref in sorted(caused)
    )


def _facets(rows: Sequence[Row]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List what rows can be chosen by: only words that occur, and only where there is a choice."""
    found = {
        "change": {row.change for row in rows if row.change},
        "maker": {row.attribution.maker or "nobody known" for row in rows},
        "confidence": {str(row.attribution.confidence) for row in rows},
        "standing": {str(row.attribution.standing) for row in rows},
    }
    return tuple((name, tuple(sorted(words))) for name, words in found.items() if words)
