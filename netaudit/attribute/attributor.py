"""One snapshot, its expectation and its neighbours: attribute any of its objects, and list what is missing."""

from netaudit.attribute.attribution import AttributedItem, Attribution, Confidence, Standing
from netaudit.attribute.expect import Expectation, Place, attribute_expected, is_checked
from netaudit.attribute.options import find_options
from netaudit.attribute.recognise import OPERATOR, ChainKey, Chains, Recogniser
from netaudit.attribute.signature import Catalog
from netaudit.diff import set_items
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.ruleset import Backend, Item, ObjectKind, Ruleset
from netaudit.model.snapshot import Snapshot

_SOURCES = {
    (Backend.IPTABLES_NFT, "ip"): Source.IPTABLES_NFT,
    (Backend.IPTABLES_NFT, "ip6"): Source.IP6TABLES_NFT,
    (Backend.IPTABLES_LEGACY, "ip"): Source.IPTABLES_LEGACY,
    (Backend.IPTABLES_LEGACY, "ip6"): Source.IP6TABLES_LEGACY,
    (Backend.NFTABLES, "ip"): Source.NFT_RULESET,
    (Backend.NFTABLES, "ip6"): Source.NFT_RULESET,
}


class Attributor:
    """Attributes the objects of one snapshot; `other` is the same host before, and tells whose a stale rule was."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog, *, other: "Attributor | None" = None) -> None:
        self._snapshot = snapshot
        self._expected = _expect(snapshot, catalog)
        self._elsewhere = other._expected if other else None
        self._rules: Chains = {
            (*table.key, chain.name): chain.rules for table in snapshot.ruleset.tables for chain in table.chains
        }
        known = (snapshot.inventory, other._snapshot.inventory if other else None)
        self._recogniser = Recogniser(catalog, known, self._rules)
        self._first: dict[ChainKey, dict[str, int]] = {}

    def attribute(self, item: Item) -> Attribution:
        """Find who wrote an object of this snapshot."""
        entries = self._expected.entries(item) if self._expected else []
        if entries:
            return self._copy(item) if self._is_copy(item) else attribute_expected(entries)
        recognised = self._recogniser.recognise(item)
        if recognised.standing is Standing.EXPECTED:
            return recognised
        earlier = self._elsewhere.entries(item) if self._elsewhere and self._expected else []
        if earlier:
            proved = attribute_expected(earlier, standing=Standing.STALE)
            reason = recognised.reason or "nothing in Docker's inventory asks for it now"
            return Attribution(
                Confidence.LIKELY,
                proved.maker,
                proved.signature,
                proved.purpose,
                proved.causes,
                Standing.STALE,
                reason,
            )
        return recognised

    def missing(self) -> tuple[tuple[AttributedItem, ...], int]:
        """List what ought to be there and is not; count what cannot be decided for want of a source or an option."""
        if not self._expected:
            return (), 0
        absent: list[AttributedItem] = []
        undecided = 0
        there = _texts(self._snapshot.ruleset, self._expected.options.backend)
        for place, texts in self._expected.places():
            present = there.get(place, frozenset())
            for text, entries in texts.items():
                if text in present or not is_checked(entries[0].signature.object):
                    continue
                if not any(entry.required for entry in entries):
                    continue
                if self._is_unseen(place):
                    undecided += 1
                    continue
                absent.append(
                    AttributedItem(
                        self._item(place, text, entries[0].signature.object),
                        attribute_expected(entries, standing=Standing.MISSING),
                    )
                )
        return tuple(absent), undecided

    def _item(self, place: Place, text: str, kind: ObjectKind) -> Item:
        family, table, chain = place
        assert self._expected  # noqa: S101 (missing() has looked)
        return Item(kind, self._expected.options.backend, family, table, chain, text)

    def _is_unseen(self, place: Place) -> bool:
        assert self._expected  # noqa: S101 (missing() has looked)
        return has_gap(self._snapshot.gaps, _SOURCES[self._expected.options.backend, place[0]])

    def _is_copy(self, item: Item) -> bool:
        """Tell whether the same text stands earlier in the chain: Docker writes each rule once."""
        if item.position is None:
            return False
        place = (item.backend, item.family, item.table, item.chain)
        first = self._first.get(place)
        if first is None:
            rules = self._rules.get(place, ())
            first = {rule.text: at for at, rule in zip(range(len(rules), 0, -1), reversed(rules), strict=True)}
            self._first[place] = first
        return first.get(item.text, item.position) < item.position

    def _copy(self, item: Item) -> Attribution:
        assert self._expected  # noqa: S101 (only an expected text can be a copy)
        original = attribute_expected(self._expected.entries(item))
        return Attribution(
            confidence=Confidence.AMBIGUOUS,
            maker=original.maker,
            signature=original.signature,
            purpose=original.purpose,
            causes=(*original.causes, OPERATOR),
            standing=Standing.DUPLICATE,
            reason="Docker writes this rule once: one of the copies is somebody else's",
        )


def has_gap(gaps: tuple[Gap, ...], source: Source) -> bool:
    """Tell whether a source could not be seen whole."""
    return any(gap.source == source and gap.reason is not GapReason.PARTIAL for gap in gaps)


def _expect(snapshot: Snapshot, catalog: Catalog) -> Expectation | None:
    """Compute what ought to be there; nothing can be said where Docker could not be asked."""
    if snapshot.inventory is None:
        return None
    options = find_options(snapshot.inventory.options, snapshot.ruleset, snapshot.host, catalog.telltales)
    return Expectation(snapshot.inventory, options, catalog)


def _texts(ruleset: Ruleset, backend: Backend) -> dict[Place, frozenset[str]]:
    """Collect the texts of each chain, set and map of a backend."""
    there: dict[Place, frozenset[str]] = {}
    for table in ruleset.tables:
        if table.backend is backend:
            for chain in table.chains:
                there[table.family, table.name, chain.name] = frozenset(rule.text for rule in chain.rules)
            for named in table.sets:
                there[table.family, table.name, named.name] = frozenset(item.text for item in set_items(table, named))
    return there
