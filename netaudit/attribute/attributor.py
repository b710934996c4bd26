"""The attribution of the objects of one snapshot: by what is expected, else by what the catalog recognises."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Self

from msgspec.structs import replace

from netaudit.attribute.attribution import DEFECTS, AttributedItem, Attribution, Confidence, Standing
from netaudit.attribute.expected.daemon_options import Options, find_options
from netaudit.attribute.expected.expect import (
    Entry,
    Expectation,
    attribute_expected,
    expect,
    expect_twice,
    is_certain,
)
from netaudit.attribute.expected.missing import Unwritten, find_unwritten, is_inconsistent
from netaudit.attribute.expected.profiles import FAMILIES
from netaudit.attribute.expected.rule_order import RuleOrder
from netaudit.attribute.observed.causes import OPERATOR
from netaudit.attribute.observed.docker_addresses import ChainKey, Chains
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.judges import MakersJudge
from netaudit.attribute.observed.present import PresentEngine, PresentHost
from netaudit.attribute.observed.recognise import Recogniser, operators
from netaudit.attribute.observed.standing import Judge
from netaudit.attribute.podman.engines import Expectations
from netaudit.attribute.podman.expect import PODMAN, expect_podman
from netaudit.attribute.podman.judge import PodmanJudge
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import rule_item
from netaudit.model.docker import Inventory
from netaudit.model.engines.parts import docker_here, podman_part
from netaudit.model.netfilter.ruleset import Chain, Item, ObjectKind, Table
from netaudit.model.snapshot import Snapshot

_NOT_EXPECTED = AttributionReason(AttributionReasonKind.NOT_EXPECTED)


class Attributor:
    """Attributes the objects of one snapshot.

    `earlier` is the same host before: it knows the cause of a rule that is stale now.
    """

    def __init__(
        self, snapshot: Snapshot, catalog: Catalog, expected: Expectations, earlier: "Attributor | None" = None
    ) -> None:
        self.snapshot = snapshot
        self.expected = expected
        self._expected_earlier = earlier.expected if earlier else None
        self.rules: Chains = {
            (*table.key, chain.name): chain.rules for table in snapshot.ruleset.tables for chain in table.chains
        }
        self._earlier = earlier
        self.unwritten = find_unwritten(snapshot, expected.docker) if expected.docker else Unwritten()
        self._recogniser = self._make_recogniser(catalog)
        self._orders: dict[ChainKey, RuleOrder] = {}
        self._inconsistent = is_inconsistent(snapshot.gaps)

    def _make_recogniser(self, catalog: Catalog) -> Recogniser:
        snapshot, expected = self.snapshot, self.expected.docker
        now = docker_here(snapshot.inventory)
        before = docker_here(self._earlier.snapshot.inventory) if self._earlier else None
        bridges = frozenset(one.name for one in snapshot.host.interfaces if one.kind == "bridge")
        evidence = DockerEvidence(now, before, self.rules, bridges)
        judges = _judges(snapshot, self._earlier.snapshot if self._earlier else None)
        if now is None or expected is None:
            return Recogniser(catalog, evidence, self.rules, None, judges=judges)
        if any(one.partial for one in (now, before) if one):
            return Recogniser(catalog, evidence, self.rules, None, AttributionReasonKind.INVENTORY_PARTIAL, judges)
        engine = PresentEngine(now, expected.options.facts)
        host = PresentHost(now, snapshot.host)
        unmanaged = {family for family in FAMILIES if not expected.options.manages(family)}
        unmanaged |= self.unwritten.some_in()
        judge = Judge(evidence, engine, host, expected.options.backend, frozenset(unmanaged))
        return Recogniser(catalog, evidence, self.rules, judge, judges=judges)

    @classmethod
    def of(cls, snapshot: Snapshot, catalog: Catalog) -> Self:
        """Return the attributor of one snapshot; nothing is expected where an engine's inventory is not known."""
        docker = _docker(snapshot, catalog)
        expected = expect(*docker, catalog) if docker else None
        return cls(snapshot, catalog, Expectations(expected, _podman(snapshot, catalog)))

    @classmethod
    def of_both(cls, before: Snapshot, after: Snapshot, catalog: Catalog) -> tuple[Self, Self]:
        """Return the attributors of two snapshots of a host."""
        old, new = _docker(before, catalog), _docker(after, catalog)
        if not (old and new):
            earlier = cls.of(before, catalog)
            expected = Expectations(expect(*new, catalog) if new else None, _podman(after, catalog))
            return earlier, cls(after, catalog, expected, earlier)
        dockers = expect_twice(old, new, catalog)
        earlier = cls(before, catalog, Expectations(dockers[0], _podman(before, catalog)))
        return earlier, cls(after, catalog, Expectations(dockers[1], _podman(after, catalog)), earlier)

    def attribute(self, item: Item) -> Attribution:
        """Return who wrote an object of this snapshot."""
        found = self._attribute(item)
        if found.standing is Standing.STALE and self._inconsistent:
            return replace(
                found, standing=Standing.FOREIGN, reason=AttributionReason(AttributionReasonKind.CHANGED_WHILE_RECORDED)
            )
        return found

    def _attribute(self, item: Item) -> Attribution:
        entries = self.expected.entries(item)
        if entries:
            return self._attribute_expected(item, entries)
        recognised = self._recogniser.recognise(item)
        if recognised.standing is Standing.EXPECTED:
            return recognised
        earlier = self._expected_earlier.entries(item) if self._expected_earlier else []
        if earlier:
            return self._attribute_earlier(item, earlier)
        if _is_perhaps_dockers(recognised, item) and self._appeared(item):
            return operators(AttributionReason(AttributionReasonKind.APPEARED_UNASKED))
        return recognised

    def _attribute_earlier(self, item: Item, entries: list[Entry]) -> Attribution:
        """Attribute what was expected before, and is not now: stale, where Docker could be asked."""
        if unknown := _why_unknown(_part_for(entries)(self.snapshot.inventory)):
            standing, reason = Standing.FOREIGN, AttributionReason(unknown)
        else:
            standing, reason = Standing.STALE, self._recogniser.why_stale(item) or _NOT_EXPECTED
        return replace(attribute_expected(entries, standing=standing), confidence=Confidence.LIKELY, reason=reason)

    def _appeared(self, item: Item) -> bool:
        """Return whether a rule came since the earlier snapshot, at which Docker could be asked too."""
        if self._earlier is None or self._earlier.expected.docker is None:
            return False
        chain = self._earlier.rules.get((item.backend, item.family, item.table, item.chain), ())
        return all(rule.text != item.text for rule in chain)

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
        """Attribute the rules that are not plainly expected: no item is made for the others, which are most."""
        place = (table.family, table.name, chain.name)
        expected = self.expected.at(table.backend, place)
        order = self._order_of((*table.key, chain.name))
        seen: set[str] = set()
        for at, rule in enumerate(chain.rules):
            text = rule.text
            entries = expected.get(text)
            if not entries or text in seen or not is_certain(entries) or _is_misplaced(order, entries, text, at + 1):
                item = rule_item(table, chain, at, rule)
                yield AttributedItem(item, self.attribute(item))
            seen.add(text)

    def _attribute_expected(self, item: Item, entries: list[Entry]) -> Attribution:
        """Attribute what is expected, and check that it stands where it works, and once."""
        if item.position is None:
            return attribute_expected(entries)
        order = self._order_of((item.backend, item.family, item.table, item.chain))
        if order.first_of(item.text) < item.position:
            return _duplicate(attribute_expected(entries))
        if reason := order.why_misplaced(entries[0].signature, item.text, item.position):
            return replace(attribute_expected(entries, standing=Standing.MISPLACED), reason=reason)
        return attribute_expected(entries)

    def _order_of(self, key: ChainKey) -> RuleOrder:
        if key not in self._orders:
            expected = self.expected.at(key[0], key[1:])
            self._orders[key] = RuleOrder(self.rules.get(key, ()), expected)
        return self._orders[key]


def _why_unknown(inventory: Inventory | None) -> AttributionReasonKind | None:
    """Return why nobody can tell what an engine asks for now; None where its inventory is whole."""
    if inventory is None:
        return AttributionReasonKind.INVENTORY_UNKNOWN
    return AttributionReasonKind.INVENTORY_PARTIAL if inventory.partial else None


def _part_for(entries: list[Entry]) -> Callable[[Inventory | None], Inventory | None]:
    return podman_part if entries[0].signature.maker == PODMAN else docker_here


def _is_misplaced(order: RuleOrder, entries: list[Entry], text: str, position: int) -> bool:
    signature = entries[0].signature
    depends_on_order = signature.first or signature.before is not None
    return depends_on_order and order.why_misplaced(signature, text, position) is not None


def _is_perhaps_dockers(found: Attribution, item: Item) -> bool:
    return item.object is ObjectKind.RULE and found.maker == "docker" and found.confidence is Confidence.AMBIGUOUS


def _duplicate(original: Attribution) -> Attribution:
    return replace(
        original,
        confidence=Confidence.AMBIGUOUS,
        causes=(*original.causes, OPERATOR),
        standing=Standing.DUPLICATE,
        reason=AttributionReason(AttributionReasonKind.WRITTEN_ONCE),
    )


def _docker(snapshot: Snapshot, catalog: Catalog) -> tuple[Inventory, Options] | None:
    """Return Docker's inventory with the daemon's options; None where the inventory is not known."""
    inventory = docker_here(snapshot.inventory)
    if inventory is None:
        return None
    return inventory, find_options(inventory.options, snapshot.ruleset, snapshot.host, catalog.telltales)


def _judges(now: Snapshot, before: Snapshot | None) -> Mapping[str, MakersJudge]:
    podman = podman_part(now.inventory)
    return {PODMAN: PodmanJudge(podman, podman_part(before.inventory) if before else None)} if podman else {}


def _podman(snapshot: Snapshot, catalog: Catalog) -> Expectation | None:
    """Return what Podman asks for; None where its inventory is not known."""
    inventory = podman_part(snapshot.inventory)
    return expect_podman(inventory, snapshot.ruleset, catalog) if inventory else None
