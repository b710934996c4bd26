"""Expected rules that are not there."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
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
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Item, Ruleset, Table
from netaudit.model.snapshot import Snapshot

Texts = Mapping[Place, frozenset[str]]


def find_missing(
    snapshot: Snapshot, expected: Iterable[Expectation], unwritten: "Unwritten"
) -> tuple[tuple[AttributedItem, ...], int]:
    """Return what ought to be there and is not, and how many objects a missing source or option leaves undecided.

    `unwritten` is what Docker may never have written; Podman writes rules always.
    """
    found = [
        _find_missing(snapshot, one, unwritten if one.options.maker == "docker" else Unwritten()) for one in expected
    ]
    return tuple(item for items, _ in found for item in items), sum(undecided for _, undecided in found)


def _find_missing(
    snapshot: Snapshot, expected: Expectation, unwritten: "Unwritten"
) -> tuple[list[AttributedItem], int]:
    absent: list[AttributedItem] = []
    undecided = 0
    present = _texts(snapshot.ruleset, expected.options.backend)
    for place, text, entries in expected.absent(present):
        kind = entries[0].signature.object
        required = any(entry.required for entry in entries)
        if not is_checked(kind) or not (required or _needs_unknown_option(entries, expected)):
            continue
        if not required or _is_unknown(place, snapshot, expected) or unwritten.covers(place, entries):
            undecided += 1
        else:
            item = Item(kind, expected.options.backend, *place, text)
            absent.append(_missing(item, entries, present, place))
    return absent, undecided


# Chains that some versions of Docker have and others do not: what another version left behind has their names.
_OF_SOME_VERSIONS = frozenset(
    f"DOCKER-{name}"
    for name in ("ISOLATION", "ISOLATION-STAGE-1", "ISOLATION-STAGE-2", "FORWARD", "CT", "BRIDGE", "INTERNAL")
)


class Unwritten(msgspec.Struct, frozen=True):
    """What an engine may never have written, where its arguments do not say whether it writes rules now.

    What older networks have may be of a time when it did, and what another version left of an engine before it.
    """

    networks: frozenset[tuple[str, str]] = frozenset()  # without any rule of a family
    families: frozenset[str] = frozenset()  # in which another version has left chains

    def covers(self, place: Place, entries: Iterable[Entry]) -> bool:
        """Return whether a rule that is absent may be one of them."""
        networks = _networks_of(entries, place)
        return place[0] in self.families or (bool(networks) and networks <= self.networks)

    def some_in(self) -> frozenset[str]:
        """Return the families in which the engine may write no rules now."""
        return self.families | {family for family, _ in self.networks}


def find_unwritten(snapshot: Snapshot, expected: Expectation) -> Unwritten:
    """Return what Docker may never have written, as what is there or absent lets one suspect."""
    unsaid = _unsaid(snapshot)
    if not unsaid:
        return Unwritten()
    present = _texts(snapshot.ruleset, expected.options.backend)
    written = {network for place, entries in expected.present(present) for network in _networks_of(entries, place)}
    absent = {network for place, _, entries in expected.absent(present) for network in _networks_of(entries, place)}
    others = {family for family, _ in written} & unsaid
    backend = expected.options.backend
    left = {one[0] for one in present if one[2] in _OF_SOME_VERSIONS and not expected.at(backend, one)}
    return Unwritten(frozenset(one for one in absent - written if one[0] in others), frozenset(left & unsaid))


def _unsaid(snapshot: Snapshot) -> set[str]:
    """Return the families of which no argument of Docker's engine says whether it writes rules."""
    given = snapshot.inventory.options if snapshot.inventory else None
    if given is None:
        return set()
    switches = {"ip": given.iptables, "ip6": given.ip6tables}
    return {family for family, switch in switches.items() if switch is None}


def _networks_of(entries: Iterable[Entry], place: Place) -> frozenset[tuple[str, str]]:
    """Return the networks that a rule is for, each with the family of the rule."""
    networks = (cause.network.id for one in entries for cause in one.causes if cause.network)
    return frozenset((place[0], network) for network in networks)


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
    hidden = are_rules_hidden(snapshot, expected.options.backend, place[0])
    return is_inconsistent(snapshot.gaps) or not complete or hidden


def are_rules_hidden(snapshot: Snapshot, backend: Backend, family: str) -> bool:
    """Return whether rules of Docker's of a family may be where nothing was read.

    Where no chain of Docker's is seen, they may be in the other iptables.
    """
    sources = {source_of_rules(backend, family)}
    if backend in IPTABLES_BACKENDS and not _has_chains(snapshot.ruleset, backend):
        sources |= {source_of_rules(one, family) for one in IPTABLES_BACKENDS}
    return any(_has_gap(snapshot.gaps, source) for source in sources)


def _has_chains(ruleset: Ruleset, backend: Backend) -> bool:
    tables = (table for table in ruleset.tables if table.backend is backend)
    return any(chain.name.startswith("DOCKER") for table in tables for chain in table.chains)


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
