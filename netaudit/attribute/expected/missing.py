"""Expected rules that are not there."""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from netaudit.attribute.attribution import AttributedItem, Standing
from netaudit.attribute.expected.daemon_options import PROTECTIVE
from netaudit.attribute.expected.expect import (
    Entry,
    Expectation,
    Place,
    attribute_expected,
    in_order,
    is_checked,
)
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.diff import set_items
from netaudit.model.facts import (
    INVENTORY_SOURCES,
    PODMAN_SOURCES,
    RULE_SOURCES,
    Gap,
    GapReason,
    Source,
    source_of_rules,
)
from netaudit.model.netfilter.ruleset import Backend, Item, Ruleset, Table
from netaudit.model.snapshot import Snapshot

Texts = Mapping[Place, frozenset[str]]


def find_missing(snapshot: Snapshot, expected: Iterable[Expectation]) -> tuple[tuple[AttributedItem, ...], int]:
    """Return what ought to be there and is not, and how many objects a missing source or option leaves undecided."""
    found = [_find_missing(snapshot, one) for one in expected]
    return tuple(item for items, _ in found for item in items), sum(undecided for _, undecided in found)


def _find_missing(snapshot: Snapshot, expected: Expectation) -> tuple[list[AttributedItem], int]:
    absent: list[AttributedItem] = []
    undecided = 0
    present = _texts(snapshot.ruleset, expected.options.backend)
    for place, text, entries in expected.absent(present):
        kind = entries[0].signature.object
        required = any(entry.required for entry in entries)
        if not is_checked(kind) or not (required or _needs_unknown_option(entries, expected)):
            continue
        if not required or _is_unknown(place, snapshot, expected):
            undecided += 1
        else:
            item = Item(kind, expected.options.backend, *place, text)
            absent.append(_missing(item, entries, present, place))
    return absent, undecided


def is_inconsistent(gaps: tuple[Gap, ...]) -> bool:
    """Return whether rules or inventory changed while they were read: then neither proves that the other is wrong."""
    compared = (*RULE_SOURCES, *INVENTORY_SOURCES, *PODMAN_SOURCES)
    return any(gap.reason is GapReason.INCONSISTENT and gap.source in compared for gap in gaps)


def _missing(item: Item, entries: list[Entry], present: Texts, place: Place) -> AttributedItem:
    attribution = attribute_expected(entries, standing=Standing.MISSING)
    return AttributedItem(item, replace(attribution, reason=attribution.reason or _why_missing(present, place)))


def _why_missing(present: Texts, place: Place) -> AttributionReason:
    """Return what is left of the chain: a flush empties it, a deletion does not."""
    if place not in present:
        return AttributionReason(AttributionReasonKind.CHAIN_ABSENT, place[2])
    return AttributionReason(
        AttributionReasonKind.CHAIN_INCOMPLETE if present[place] else AttributionReasonKind.CHAIN_EMPTY, place[2]
    )


def _needs_unknown_option(entries: list[Entry], expected: Expectation) -> bool:
    """Return whether a rule depends on a protective option that neither the daemon's arguments nor a rule show."""
    unknown = {name for name in PROTECTIVE if expected.options.facts.get(name, False) is None}
    return bool(unknown) and any(unknown & entry.signature.condition_names() for entry in entries)


def _is_unknown(place: Place, snapshot: Snapshot, expected: Expectation) -> bool:
    """Return whether the rules of a family, or the inventory, were not read completely."""
    complete = not expected.partial
    source = source_of_rules(expected.options.backend, place[0])
    return is_inconsistent(snapshot.gaps) or not complete or _has_gap(snapshot.gaps, source)


def _has_gap(gaps: tuple[Gap, ...], source: Source) -> bool:
    return any(gap.source == source and gap.reason is not GapReason.PARTIAL for gap in gaps)


def _texts(ruleset: Ruleset, backend: Backend) -> Texts:
    """Return the texts of each chain, set and map of a backend."""
    tables = (table for table in ruleset.tables if table.backend is backend)
    return {place: frozenset(texts) for table in tables for place, texts in _texts_of(table)}


def _texts_of(table: Table) -> Iterator[tuple[Place, Iterator[str]]]:
    for chain in table.chains:
        texts = (rule.text for rule in chain.rules)
        ordered = map(in_order, texts) if table.backend is Backend.NFTABLES else texts
        yield (table.family, table.name, chain.name), ordered
    for named in table.sets:
        yield (table.family, table.name, named.name), (item.text for item in set_items(table, named))
