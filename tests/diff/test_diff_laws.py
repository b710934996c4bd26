"""Laws of comparing: nothing changes against itself, and what changed leads from one ruleset to the other."""

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sampling import SWEEP

from netaudit.diff import Added, Altered, Change, Moved, Removed, compare, compare_with_counters, items
from netaudit.diff.sequence import align, stayed_or_moved
from netaudit.model.netfilter.ruleset import (
    BUILTIN_CHAINS,
    Backend,
    Chain,
    Item,
    NamedObject,
    NamedSet,
    ObjectKind,
    Rule,
    Ruleset,
    Table,
)

# Few texts, so that rules repeat, move and share their matches.
_TEXTS = [f"-A X -s {source} -j {target}" for source in "abc" for target in ("ACCEPT", "DROP")] + ["-A X -g Y", "-A X"]
# Drawn from a list, not built: that is ten times as quick.
RULES = st.sampled_from([Rule(text, count, count) for text in _TEXTS for count in (None, 0, 1)])
CHAINS = st.lists(RULES, max_size=5).map(tuple)
IPTABLES = (Backend.IPTABLES_NFT, Backend.IPTABLES_LEGACY)


@st.composite
def iptables_tables(draw: st.DrawFn) -> Table:
    name = draw(st.sampled_from(["nat", "filter"]))
    builtin = draw(st.lists(st.sampled_from(BUILTIN_CHAINS[name]), unique=True))
    own = draw(st.lists(st.sampled_from(["DOCKER", "DOCKER-USER"]), unique=True))
    policies = [draw(st.sampled_from(["ACCEPT", "DROP"])) for _ in builtin]
    chains = [*zip(builtin, policies, strict=True), *((chain, None) for chain in own)]
    return Table(
        draw(st.sampled_from(IPTABLES)),
        draw(st.sampled_from(["ip", "ip6"])),
        name,
        tuple(Chain(chain, draw(CHAINS), policy) for chain, policy in chains),
    )


OBJECTS = st.sampled_from(
    [
        NamedObject(name, kind, declaration, count, count)
        for name in "xy"
        for kind in ("counter", "ct helper")
        for declaration in ("", "a 1")
        for count in (0, 1)
    ]
)


@st.composite
def native_tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from(["in", "out"]), unique=True))
    bases = st.sampled_from(
        [("", None), ("type filter hook input priority 0", "drop"), ("type nat hook input", "accept")]
    )
    chains = [(name, draw(bases)) for name in names]
    elements = st.lists(st.sampled_from(["1", "2", "3"]), unique=True).map(tuple)
    sets = draw(st.lists(st.sampled_from(["s", "t"]), unique=True))
    objects = draw(st.lists(OBJECTS, max_size=3, unique_by=lambda one: (one.kind, one.name)))
    return Table(
        Backend.NFTABLES,
        draw(st.sampled_from(["inet", "ip"])),
        "own",
        tuple(Chain(name, draw(CHAINS), policy, base) for name, (base, policy) in chains),
        tuple(
            NamedSet(
                name, draw(st.sampled_from(["set", "map"])), draw(st.sampled_from(["type a", "type b"])), draw(elements)
            )
            for name in sets
        ),
        tuple(objects),
        draw(st.sampled_from([(), ("dormant",)])),
    )


RULESETS = st.lists(st.one_of(iptables_tables(), native_tables()), max_size=2, unique_by=lambda table: table.key).map(
    lambda tables: Ruleset(tuple(tables))
)

# An address on which things are found, whatever order tables and chains come in.
Place = tuple[Backend, str, str, str]
Rules = dict[Place, list[str]]
Heads = dict[tuple[Place, ObjectKind, str], str]


def _place(item: Item) -> Place:
    return (item.backend, item.family, item.table, item.chain)


def _rules(ruleset: Ruleset) -> Rules:
    found: Rules = {}
    for item in items(ruleset):
        if item.object is ObjectKind.RULE:
            found.setdefault(_place(item), []).append(item.text)
    return found


def _others(ruleset: Ruleset) -> set[tuple[Place, ObjectKind, str]]:
    """List chains, policies, sets and elements."""
    told = {(_place(item), item.object, item.text) for item in items(ruleset) if item.object is not ObjectKind.RULE}
    return _without_accepting(told)


def _without_accepting(others: set[tuple[Place, ObjectKind, str]]) -> set[tuple[Place, ObjectKind, str]]:
    """Leave out the policies that accept: they are what the kernel does anyway."""
    return {one for one in others if not (one[1] is ObjectKind.POLICY and one[2].lower().endswith(" accept"))}


def _replay(before: Ruleset, changes: Iterable[Change]) -> tuple[Rules, set[tuple[Place, ObjectKind, str]]]:
    """Do to `before` what the changes say."""
    rules, others = _rules(before), _others(before)
    leaving: dict[Place, list[int]] = {}
    coming: dict[Place, list[tuple[int, str]]] = {}
    for change in changes:
        came = None if isinstance(change, Removed) else change.item
        went = change.item if isinstance(change, Removed) else getattr(change, "before", None)
        if change.item.object is not ObjectKind.RULE:
            others -= {(_place(went), went.object, went.text)} if went else set()
            others |= {(_place(came), came.object, came.text)} if came else set()
            continue
        if went:
            leaving.setdefault(_place(went), []).append(went.position or 0)
        if came:
            coming.setdefault(_place(came), []).append((came.position or 0, came.text))
    for place in leaving.keys() | coming.keys():
        gone = set(leaving.get(place, []))
        kept = [text for at, text in enumerate(rules.get(place, []), 1) if at not in gone]
        for at, text in sorted(coming.get(place, [])):
            kept.insert(at - 1, text)
        rules[place] = kept
    return {place: texts for place, texts in rules.items() if texts}, _without_accepting(others)


@given(RULESETS)
@settings(deadline=None)
def test_nothing_changes_against_itself(ruleset: Ruleset) -> None:
    assert compare(ruleset, ruleset) == ()
    assert compare_with_counters(ruleset, ruleset) == ()


@given(RULESETS, RULESETS)
@settings(deadline=None, max_examples=12 * SWEEP)
def test_replaying_the_changes_gives_the_later_ruleset(before: Ruleset, after: Ruleset) -> None:
    assert _replay(before, compare(before, after)) == (_rules(after), _others(after))


@given(RULESETS, RULESETS)
@settings(deadline=None, max_examples=6 * SWEEP)
def test_going_back_undoes_the_changes(before: Ruleset, after: Ruleset) -> None:
    assert _came(compare(before, after)) == _went(compare(after, before))


def _came(changes: Iterable[Change]) -> list[tuple[Place, str]]:
    return sorted((_place(one.item), one.item.text) for one in changes if isinstance(one, Added | Altered))


def _went(changes: Iterable[Change]) -> list[tuple[Place, str]]:
    gone = (
        one.before if isinstance(one, Altered) else one.item for one in changes if isinstance(one, Removed | Altered)
    )
    return sorted((_place(item), item.text) for item in gone)


@given(RULESETS, RULESETS)
@settings(deadline=None, max_examples=6 * SWEEP)
def test_comparing_counters_too_tells_all_that_comparing_tells(before: Ruleset, after: Ruleset) -> None:
    without = set(map(repr, compare(before, after)))
    assert without <= set(map(repr, compare_with_counters(before, after)))


@given(RULESETS, RULESETS)
@settings(deadline=None, max_examples=6 * SWEEP)
def test_the_order_of_tables_and_chains_does_not_matter(before: Ruleset, after: Ruleset) -> None:
    turned = Ruleset(
        tuple(
            replace(table, chains=table.chains[::-1], sets=table.sets[::-1], objects=table.objects[::-1])
            for table in after.tables[::-1]
        )
    )
    assert sorted(map(repr, compare(before, turned))) == sorted(map(repr, compare(before, after)))


# ---- one edit is one change ---------------------------------------------------------------------------------------

DISTINCT = st.lists(st.integers(0, 99), unique=True, min_size=1, max_size=20).map(
    lambda numbers: [f"-A INPUT -s 192.0.2.{number}/32 -j ACCEPT" for number in numbers]
)
NEW = "-A INPUT -i lo -j DROP"


def _chain(texts: Sequence[str]) -> Ruleset:
    chain = Chain("INPUT", tuple(Rule(text) for text in texts), "ACCEPT")
    return Ruleset((Table(Backend.IPTABLES_NFT, "ip", "filter", (chain,)),))


def _rule(text: str, position: int) -> Item:
    return Item(ObjectKind.RULE, Backend.IPTABLES_NFT, "ip", "filter", "INPUT", text, position)


@given(DISTINCT, st.data())
@settings(deadline=None)
def test_one_rule_more_is_one_addition_at_its_place(texts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(texts)))
    longer = [*texts[:at], NEW, *texts[at:]]
    assert compare(_chain(texts), _chain(longer)) == (Added(_rule(NEW, at + 1)),)
    assert compare(_chain(longer), _chain(texts)) == (Removed(_rule(NEW, at + 1)),)


@given(DISTINCT.filter(lambda texts: len(texts) > 1), st.data())
@settings(deadline=None)
def test_one_rule_moved_is_one_move(texts: list[str], data: st.DataObject) -> None:
    left = data.draw(st.integers(0, len(texts) - 1))
    right = data.draw(st.integers(0, len(texts) - 1).filter(lambda right: abs(right - left) > 1 or right > left))
    turned = [*texts[:left], *texts[left + 1 :]]
    turned.insert(right, texts[left])
    changes = compare(_chain(texts), _chain(turned))
    assert len(changes) == 1
    assert isinstance(changes[0], Moved)


@given(DISTINCT, st.data())
@settings(deadline=None)
def test_another_target_in_place_is_one_alteration(texts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(texts) - 1))
    other = texts[at].replace("ACCEPT", "DROP")
    changed = [*texts[:at], other, *texts[at + 1 :]]
    assert compare(_chain(texts), _chain(changed)) == (Altered(_rule(other, at + 1), _rule(texts[at], at + 1)),)


@given(DISTINCT, st.data())
@settings(deadline=None)
def test_one_copy_more_is_one_addition(texts: list[str], data: st.DataObject) -> None:
    copied = data.draw(st.sampled_from(texts))
    at = data.draw(st.integers(0, len(texts)))
    changes = compare(_chain(texts), _chain([*texts[:at], copied, *texts[at:]]))
    added = [change for change in changes if isinstance(change, Added)]
    assert [change.item.text for change in added] == [copied]
    assert not any(isinstance(change, Removed | Altered) for change in changes)


# ---- aligning -----------------------------------------------------------------------------------------------------

LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(LETTERS, LETTERS)
@settings(deadline=None)
def test_pairs_are_equal_texts_each_used_once_in_the_order_of_the_latter(old: list[str], new: list[str]) -> None:
    pairs = list(stayed_or_moved(old, new))
    assert all(old[before] == new[after] for before, after in pairs)
    assert len({before for before, _ in pairs}) == len(pairs)
    assert [after for _, after in pairs] == sorted({after for _, after in pairs})


@given(LETTERS, LETTERS)
@settings(deadline=None)
def test_as_many_are_paired_as_there_are_on_both_sides(old: list[str], new: list[str]) -> None:
    pairs = list(stayed_or_moved(old, new))
    assert len(pairs) == sum(min(old.count(letter), new.count(letter)) for letter in "abcd")


@given(st.permutations(range(7)))
@settings(deadline=None)
def test_no_more_is_moved_than_has_to_be(order: list[int]) -> None:
    texts = [f"-A INPUT -s 192.0.2.{number}" for number in range(7)]
    moved = align(texts, [texts[number] for number in order]).moved
    assert len(moved) == len(order) - _longest_run(order)


def _longest_run(order: Sequence[int]) -> int:
    best: list[int] = []
    for at, value in enumerate(order):
        best.append(1 + max((best[left] for left in range(at) if order[left] < value), default=0))
    return max(best)


class Text(str):
    """A text that counts how often it is compared."""

    __slots__ = ()
    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Text.compared += 1
        return str.__eq__(self, str(other))

    def __ne__(self, other: object) -> bool:
        return not self == other


def test_a_chain_with_one_rule_more_costs_one_comparison_a_rule() -> None:
    size = 10_000
    old = [Text(f"-A INPUT -s {number} -j ACCEPT") for number in range(size)]
    new = [*old[: size // 2], Text("new"), *old[size // 2 :]]
    Text.compared = 0
    assert align(old, new).added == (size // 2,)
    assert Text.compared < 2 * size
