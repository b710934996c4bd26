"""The rows of a page: one object of a ruleset each, with its anchor, its cause and the links of that cause."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedItem,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
)
from netaudit.diff import Altered, Moved, Removed
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.report.page.anchors import Anchors
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.words import describe_earlier, describe_writer, symbol, verb


class AnchorLink(msgspec.Struct, frozen=True):
    """A text and the anchor that it leads to, "" where it leads nowhere."""

    text: str
    anchor: str = ""


class RuleRow(msgspec.Struct, frozen=True):
    """One object of a ruleset as a page shows it; `change` is the word for the symbol, "" where nothing changed."""

    anchor: str
    symbol: str
    change: str
    item: Item
    attribution: Attribution
    cause: str
    links: tuple[AnchorLink, ...]  # the cause in pieces, those that have a place on the page with its anchor
    was_text: str = ""
    was_place: str = ""
    written: str = ""  # by whom, where somebody listened


class RuleRun(msgspec.Struct, frozen=True):
    """Neighbours in a chain that one maker wrote for one purpose: maker and purpose are printed once."""

    rows: tuple[RuleRow, ...]

    @property
    def attribution(self) -> Attribution:
        """Return what all of them share; their causes differ."""
        return self.rows[0].attribution


def item_row(item: Item, attribution: Attribution, anchors: Anchors, *, prefix: str = "") -> RuleRow:
    """Show an object that is there."""
    nobodys = attribution.confidence is Confidence.UNATTRIBUTED and item.object is ObjectKind.RULE
    return RuleRow(
        anchor=anchors.rule(item, prefix),
        symbol="?" if nobodys else "",
        change="",
        item=item,
        attribution=attribution,
        cause=describe_causes(attribution.causes),
        links=tuple(cause_links(attribution.causes, anchors)),
    )


def missing_row(one: AttributedItem, anchors: Anchors) -> RuleRow:
    """Show what ought to be there."""
    row = item_row(one.item, one.attribution, anchors, prefix=f"missing-{one.item.object}")
    return msgspec.structs.replace(row, symbol="!", change="missing")


def defect_row(one: AttributedItem, anchors: Anchors) -> RuleRow:
    """Show what is stale, misplaced or there twice."""
    standing = one.attribution.standing
    row = item_row(one.item, one.attribution, anchors, prefix=f"{standing}-{one.item.object}")
    return msgspec.structs.replace(row, symbol="!", change=str(standing))


def change_row(one: AttributedChange, anchors: Anchors) -> RuleRow:
    """Show a change with what was there before."""
    item = one.change.item
    prefix = f"removed-{item.object}" if isinstance(one.change, Removed) else ""
    row = item_row(item, one.attribution, anchors, prefix=prefix)
    mark = symbol(one.change) + row.symbol
    row = msgspec.structs.replace(row, symbol=mark, change=verb(one.change), written=describe_writer(one))
    match one.change:
        case Altered(_, before):
            return msgspec.structs.replace(row, was_text=describe_earlier(item, before))
        case Moved(_, before):
            return msgspec.structs.replace(row, was_place=before.where)
        case _:
            return row


def runs(rows: Iterable[RuleRow]) -> tuple[RuleRun, ...]:
    """Gather neighbours that differ in their causes alone."""
    return tuple(
        RuleRun(tuple(members))
        for _, members in groupby(rows, key=lambda row: msgspec.structs.replace(row.attribution, causes=()))
    )


def cause_links(causes: Sequence[Cause], anchors: Anchors) -> list[AnchorLink]:
    """Say causes as `describe_causes` does, in pieces that lead to their containers and networks."""
    links: list[AnchorLink] = []
    for text, cause in _named_causes(causes):
        links += [AnchorLink(" and ")] if links else []
        links += _pieces(text, cause, anchors)
    return links


def _named_causes(causes: Sequence[Cause]) -> list[tuple[str, Cause]]:
    """Draw together what `describe_causes` draws together."""
    whole = describe_causes(causes)
    alone = [str(cause) for cause in causes]
    return [(whole, causes[0])] if causes and whole != " and ".join(alone) else list(zip(alone, causes, strict=True))


def _pieces(text: str, cause: Cause, anchors: Anchors) -> list[AnchorLink]:
    """Link to the container, or to the network where there is no container."""
    network, container = cause.network, cause.container
    if container and text.startswith(container.name):
        name = container.name or container.id[:12]
        return [AnchorLink(name, anchors.subject("container", container)), AnchorLink(text[len(container.name) :])]
    if network and cause.kind is CauseKind.NETWORK and text.endswith(network.name):
        name = network.name or network.id[:12]
        return [
            AnchorLink(text[: len(text) - len(network.name)]),
            AnchorLink(name, anchors.subject("network", network)),
        ]
    return [AnchorLink(text)]
