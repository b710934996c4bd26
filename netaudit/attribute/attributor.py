"""One snapshot, its expectation and its neighbours: attribute any of its objects, and list what is missing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Self

from msgspec.structs import replace

from netaudit.attribute.attribution import DEFECTS, AttributedItem, Attribution, Confidence, Standing
from netaudit.attribute.expected.daemon_options import PROTECTIVE, Options, find_options
from netaudit.attribute.expected.expect import (
    Entry,
    Expectation,
    Place,
    attribute_expected,
    expect,
    expect_twice,
    in_order,
    is_certain,
    is_checked,
)
from netaudit.attribute.expected.rule_order import RuleOrder
from netaudit.attribute.observed.docker_evidence import ChainKey, Chains
from netaudit.attribute.observed.recognise import OPERATOR, Recogniser
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import rule_item, set_items
from netaudit.model.docker import Inventory
from netaudit.model.facts import INVENTORY_SOURCES, RULE_SOURCES, Gap, GapReason, Source, source_of_rules
from netaudit.model.ruleset import Backend, Chain, Item, ObjectKind, Ruleset, Table
from netaudit.model.snapshot import Snapshot

UNDECIDED = "rules and inventory changed while they were recorded: whether anything still asks for it is not decided"


class Attributor:
    """Attributes the objects of one snapshot; `earlier` is the same host before, and tells whose a stale rule was."""

    def __init__(
        self, snapshot: Snapshot, catalog: Catalog, expected: Expectation | None, earlier: "Attributor | None" = None
    ) -> None:
        self.snapshot = snapshot
        self.expected = expected
        self._elsewhere = earlier.expected if earlier else None
        self._rules: Chains = {
            (*table.key, chain.name): chain.rules for table in snapshot.ruleset.tables for chain in table.chains
        }
        known = (snapshot.inventory, earlier.snapshot.inventory if earlier else None)
        self._recogniser = Recogniser(catalog, known, self._rules, expected.options.facts if expected else {})
        self._places: dict[ChainKey, RuleOrder] = {}
        self._moved = is_inconsistent(snapshot.gaps)

    @classmethod
    def of(cls, snapshot: Snapshot, catalog: Catalog) -> Self:
        """Make the attributor of one snapshot; nothing is expected where Docker could not be asked."""
        asked = _asked(snapshot, catalog)
        return cls(snapshot, catalog, expect(*asked, catalog) if asked else None)

    @classmethod
    def of_both(cls, before: Snapshot, after: Snapshot, catalog: Catalog) -> tuple[Self, Self]:
        """Make the attributors of two snapshots of a host."""
        asked = _asked(before, catalog), _asked(after, catalog)
        if not (asked[0] and asked[1]):
            earlier = cls.of(before, catalog)
            return earlier, cls(after, catalog, expect(*asked[1], catalog) if asked[1] else None, earlier)
        expected = expect_twice(asked[0], asked[1], catalog)
        earlier = cls(before, catalog, expected[0])
        return earlier, cls(after, catalog, expected[1], earlier)

    def attribute(self, item: Item) -> Attribution:
        """Find who wrote an object of this snapshot."""
        found = self._attribute(item)
        if found.standing is Standing.STALE and self._moved:
            return replace(found, standing=Standing.FOREIGN, reason=UNDECIDED)
        return found

    def _attribute(self, item: Item) -> Attribution:
        entries = self.expected.entries(item) if self.expected else []
        if entries:
            return self._attribute_expected(item, entries)
        recognised = self._recogniser.recognise(item)
        if recognised.standing is Standing.EXPECTED:
            return recognised
        earlier = self._elsewhere.entries(item) if self._elsewhere and self.expected else []
        if earlier:
            reason = recognised.reason or "nothing in Docker's inventory asks for it now"
            proved = attribute_expected(earlier, standing=Standing.STALE)
            return replace(proved, confidence=Confidence.LIKELY, reason=reason)
        return recognised

    def missing(self) -> tuple[tuple[AttributedItem, ...], int]:
        """List what ought to be there and is not; count what cannot be decided for want of a source or an option."""
        if not self.expected:
            return (), 0
        absent: list[AttributedItem] = []
        undecided = 0
        there = _texts(self.snapshot.ruleset, self.expected.options.backend)
        for place, text, entries in self.expected.absent(there):
            kind = entries[0].signature.object
            required = any(entry.required for entry in entries)
            if not is_checked(kind) or not (required or self._hangs_on_untold(entries)):
                continue
            if not required or self._is_unseen(place):
                undecided += 1
            else:
                found = attribute_expected(entries, standing=Standing.MISSING)
                why = found.reason or _why_missing(there, place)
                absent.append(AttributedItem(self._item(place, text, kind), replace(found, reason=why)))
        return tuple(absent), undecided

    def survey(self) -> tuple[Counter[Confidence], tuple[AttributedItem, ...]]:
        """Count the rules of the snapshot by confidence, and list those that are stale, misplaced or duplicate."""
        counts: Counter[Confidence] = Counter()
        defects: list[AttributedItem] = []
        for table in self.snapshot.ruleset.tables:
            for chain in table.chains:
                doubtful = list(self._doubtful(table, chain))
                counts[Confidence.PROVED] += len(chain.rules) - len(doubtful)
                counts.update(one.attribution.confidence for one in doubtful)
                defects += [one for one in doubtful if one.attribution.standing in DEFECTS]
        return counts, tuple(defects)

    def _doubtful(self, table: Table, chain: Chain) -> Iterator[AttributedItem]:
        """Attribute the rules that are not plainly expected: for those nothing needs to be built."""
        place = (table.family, table.name, chain.name)
        expected = self.expected.at(table.backend, place) if self.expected else {}
        places = self._places_of((*table.key, chain.name))
        seen: set[str] = set()
        for at, rule in enumerate(chain.rules):
            text = rule.text
            entries = expected.get(text)
            if not entries or text in seen or not is_certain(entries) or self._why_misplaced(places, entries, text, at):
                item = rule_item(table, chain, at, rule)
                yield AttributedItem(item, self.attribute(item))
            seen.add(text)

    def _why_misplaced(self, places: RuleOrder, entries: list[Entry], text: str, at: int) -> str:
        signature = entries[0].signature
        return places.why_misplaced(signature, text, at + 1) if signature.first or signature.before else ""

    def _item(self, place: Place, text: str, kind: ObjectKind) -> Item:
        family, table, chain = place
        assert self.expected  # noqa: S101 (missing() has looked)
        return Item(kind, self.expected.options.backend, family, table, chain, text)

    def _hangs_on_untold(self, entries: list[Entry]) -> bool:
        """Tell whether a rule is expected but for an option that neither the daemon's arguments nor any rule told."""
        assert self.expected  # noqa: S101 (missing() has looked)
        untold = {name for name in PROTECTIVE if self.expected.options.facts[name] is None}
        return bool(untold) and any(untold & entry.signature.condition_names() for entry in entries)

    def _is_unseen(self, place: Place) -> bool:
        assert self.expected  # noqa: S101 (missing() has looked)
        told = self.snapshot.inventory is not None and not self.snapshot.inventory.partial
        return (
            self._moved
            or not told
            or has_gap(self.snapshot.gaps, source_of_rules(self.expected.options.backend, place[0]))
        )

    def _attribute_expected(self, item: Item, entries: list[Entry]) -> Attribution:
        """Attribute what is expected, and see whether it stands where it works, and once."""
        if item.position is None:
            return attribute_expected(entries)
        places = self._places_of((item.backend, item.family, item.table, item.chain))
        if places.first_of(item.text) < item.position:
            return _copy(attribute_expected(entries))
        if why := places.why_misplaced(entries[0].signature, item.text, item.position):
            return replace(attribute_expected(entries, standing=Standing.MISPLACED), reason=why)
        return attribute_expected(entries)

    def _places_of(self, key: ChainKey) -> RuleOrder:
        if key not in self._places:
            expected = self.expected.at(key[0], key[1:]) if self.expected else {}
            self._places[key] = RuleOrder(self._rules.get(key, ()), expected)
        return self._places[key]


def _copy(original: Attribution) -> Attribution:
    return replace(
        original,
        confidence=Confidence.AMBIGUOUS,
        causes=(*original.causes, OPERATOR),
        standing=Standing.DUPLICATE,
        reason="Docker writes this rule once: one of the copies is somebody else's",
    )


def _why_missing(there: Mapping[Place, frozenset[str]], place: Place) -> str:
    """Say what the place of a missing object looks like: that tells a flush from a deletion."""
    if place not in there:
        return f"{place[2]} is not there itself: it was removed, or never made"
    if not there[place]:
        return f"{place[2]} is empty, as a flush leaves it"
    return f"the rest of {place[2]} is there: it was deleted, or never made"


def has_gap(gaps: tuple[Gap, ...], source: Source) -> bool:
    """Tell whether a source could not be seen whole."""
    return any(gap.source == source and gap.reason is not GapReason.PARTIAL for gap in gaps)


def is_inconsistent(gaps: tuple[Gap, ...]) -> bool:
    """Tell whether rules or inventory changed while they were read: then neither proves that the other is wrong."""
    compared = (*RULE_SOURCES, *INVENTORY_SOURCES)
    return any(gap.reason is GapReason.INCONSISTENT and gap.source in compared for gap in gaps)


def _asked(snapshot: Snapshot, catalog: Catalog) -> tuple[Inventory, Options] | None:
    """Give what Docker said, with the options it runs under; None where it could not be asked."""
    if snapshot.inventory is None:
        return None
    options = find_options(snapshot.inventory.options, snapshot.ruleset, snapshot.host, catalog.telltales)
    return snapshot.inventory, options


def _texts(ruleset: Ruleset, backend: Backend) -> dict[Place, frozenset[str]]:
    """Collect the texts of each chain, set and map of a backend."""
    there: dict[Place, frozenset[str]] = {}
    for table in ruleset.tables:
        if table.backend is backend:
            for chain in table.chains:
                texts = (rule.text for rule in chain.rules)
                ordered = texts if backend is not Backend.NFTABLES else map(in_order, texts)
                there[table.family, table.name, chain.name] = frozenset(ordered)
            for named in table.sets:
                there[table.family, table.name, named.name] = frozenset(item.text for item in set_items(table, named))
    return there
