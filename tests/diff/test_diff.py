"""What counts as a change: chains, policies, rules, sets and maps; counters only when asked for."""

from netaudit.diff import Added, Altered, Change, Moved, Removed, compare, compare_with_counters, items
from netaudit.model.netfilter.ruleset import (
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

ACCEPT, DROP = "-A INPUT -i lo -j ACCEPT", "-A INPUT -i lo -j DROP"
NFT, NATIVE = Backend.IPTABLES_NFT, Backend.NFTABLES


def _filter(*chains: Chain, backend: Backend = NFT) -> Ruleset:
    return Ruleset((Table(backend, "ip", "filter", chains),))


def _input(*rules: str | Rule, policy: str = "ACCEPT") -> Chain:
    return Chain("INPUT", tuple(Rule(rule) if isinstance(rule, str) else rule for rule in rules), policy)


def _rule(text: str, position: int, packets: int | None = None, octets: int | None = None) -> Item:
    return Item(ObjectKind.RULE, NFT, "ip", "filter", "INPUT", text, position, packets, octets)


def _policy(text: str, chain: str = "INPUT") -> Item:
    return Item(ObjectKind.POLICY, NFT, "ip", "filter", chain, text)


def _native(*chains: Chain, sets: tuple[NamedSet, ...] = ()) -> Ruleset:
    return Ruleset((Table(NATIVE, "inet", "own", chains, sets),))


def _item(kind: ObjectKind, name: str, text: str) -> Item:
    return Item(kind, NATIVE, "inet", "own", name, text)


def _words(changes: tuple[Change, ...]) -> list[tuple[str, str, int | None]]:
    return [(type(change).__name__, change.item.text, change.item.position) for change in changes]


# ---- rules --------------------------------------------------------------------------------------------------------


def test_another_target_between_the_same_neighbours_is_an_alteration() -> None:
    before, after = _filter(_input("-A INPUT -i a", ACCEPT)), _filter(_input("-A INPUT -i a", DROP))
    assert compare(before, after) == (Altered(_rule(DROP, 2), _rule(ACCEPT, 2)),)


def test_other_matches_are_a_removal_and_an_addition() -> None:
    other = ACCEPT.replace("lo", "eth0")
    assert compare(_filter(_input(ACCEPT)), _filter(_input(other))) == (
        Added(_rule(other, 1)),
        Removed(_rule(ACCEPT, 1)),
    )


def test_a_rule_that_only_shifted_did_not_change() -> None:
    assert _words(compare(_filter(_input(ACCEPT)), _filter(_input("-A INPUT -i a -j DROP", ACCEPT)))) == [
        ("Added", "-A INPUT -i a -j DROP", 1)
    ]


def test_two_rules_that_changed_places_are_one_move() -> None:
    before, after = (
        _filter(_input(ACCEPT, "-A INPUT -s 192.0.2.1/32 -j DROP")),
        _filter(_input("-A INPUT -s 192.0.2.1/32 -j DROP", ACCEPT)),
    )
    (change,) = compare(before, after)
    assert isinstance(change, Moved)


def test_a_second_copy_is_an_addition() -> None:
    assert _words(compare(_filter(_input(ACCEPT)), _filter(_input(ACCEPT, ACCEPT)))) == [("Added", ACCEPT, 2)]


def test_the_same_rule_in_another_chain_is_another_rule() -> None:
    here, there = _filter(_input(ACCEPT)), _filter(Chain("OUTPUT", (Rule(ACCEPT),), "ACCEPT"))
    assert {type(change) for change in compare(here, there)} == {Added, Removed}


def test_the_same_rule_of_another_backend_is_another_rule() -> None:
    here, there = _filter(_input(ACCEPT)), _filter(_input(ACCEPT), backend=Backend.IPTABLES_LEGACY)
    assert [type(change) for change in compare(here, there)] == [Added, Removed]


# ---- counters -----------------------------------------------------------------------------------------------------


def test_counters_are_ignored_unless_asked_for() -> None:
    before, after = _filter(_input(Rule(ACCEPT, 1, 60))), _filter(_input(Rule(ACCEPT, 2, 120)))
    assert compare(before, after) == ()
    assert compare_with_counters(before, after) == (Altered(_rule(ACCEPT, 1, 2, 120), _rule(ACCEPT, 1, 1, 60)),)


def test_handles_are_ignored_always() -> None:
    before, after = _filter(_input(Rule(ACCEPT, handle=1))), _filter(_input(Rule(ACCEPT, handle=2)))
    assert compare(before, after) == compare_with_counters(before, after) == ()


def test_a_shifted_rule_keeps_its_counters() -> None:
    before, after = _filter(_input(Rule(ACCEPT, 1, 60))), _filter(_input(DROP, Rule(ACCEPT, 1, 60)))
    assert _words(compare_with_counters(before, after)) == [("Added", DROP, 1)]


# ---- chains and policies ------------------------------------------------------------------------------------------


def test_a_policy_is_altered() -> None:
    assert compare(_filter(_input()), _filter(_input(policy="DROP"))) == (
        Altered(_policy(":INPUT DROP"), _policy(":INPUT ACCEPT")),
    )


def test_a_base_chain_that_is_not_there_accepts() -> None:
    full = _filter(_input(), Chain("FORWARD", (), "ACCEPT"), Chain("OUTPUT", (), "ACCEPT"))
    assert compare(Ruleset(), full) == compare(full, Ruleset()) == compare(_filter(), full) == ()


def test_a_base_chain_that_comes_with_a_policy_altered_it() -> None:
    assert compare(Ruleset(), _filter(_input(policy="DROP"))) == (
        Altered(_policy(":INPUT DROP"), _policy(":INPUT ACCEPT")),
    )


def test_a_chain_comes_and_goes_with_its_rules() -> None:
    chain = Item(ObjectKind.CHAIN, NFT, "ip", "filter", "OWN", ":OWN -")
    rule = Item(ObjectKind.RULE, NFT, "ip", "filter", "OWN", "-A OWN", 1)
    own = _filter(Chain("OWN", (Rule("-A OWN"),)))
    assert compare(_filter(), own) == (Added(chain), Added(rule))
    assert compare(own, Ruleset()) == (Removed(chain), Removed(rule))


def test_a_native_base_chain_that_drops_comes_and_goes_with_its_policy() -> None:
    base = "type filter hook input priority 0"
    head = _item(ObjectKind.CHAIN, "in", f"chain in {{ {base} }}")
    dropping, accepting = _native(Chain("in", (), "drop", base)), _native(Chain("in", (), "accept", base))
    drop, accept = _item(ObjectKind.POLICY, "in", "policy drop"), _item(ObjectKind.POLICY, "in", "policy accept")
    assert compare(Ruleset(), accepting) == (Added(head),)
    assert compare(Ruleset(), dropping) == (Added(head), Added(drop))
    assert compare(dropping, Ruleset()) == (Removed(head), Removed(drop))
    assert compare(accepting, dropping) == (Altered(drop, accept),)


def test_a_native_chains_hook_is_part_of_it() -> None:
    early, late = (f"type filter hook input priority {number}" for number in (-5, 5))
    (change,) = compare(_native(Chain("in", (), "accept", early)), _native(Chain("in", (), "accept", late)))
    assert change == Altered(
        _item(ObjectKind.CHAIN, "in", f"chain in {{ {late} }}"),
        _item(ObjectKind.CHAIN, "in", f"chain in {{ {early} }}"),
    )


# ---- sets and maps ------------------------------------------------------------------------------------------------


def test_elements_of_sets_and_maps_come_and_go_one_by_one() -> None:
    before = _native(sets=(NamedSet("hosts", "set", "type ipv4_addr", ("192.0.2.1", "192.0.2.2")),))
    after = _native(sets=(NamedSet("hosts", "set", "type ipv4_addr", ("192.0.2.2", "192.0.2.3")),))
    assert compare(before, after) == (
        Added(_item(ObjectKind.SET, "hosts", "192.0.2.3")),
        Removed(_item(ObjectKind.SET, "hosts", "192.0.2.1")),
    )


def test_the_order_of_elements_does_not_matter() -> None:
    before, after = (
        _native(sets=(NamedSet("jumps", "map", "type ifname : verdict", elements),))
        for elements in (('"a" : accept', '"b" : drop'), ('"b" : drop', '"a" : accept'))
    )
    assert compare(before, after) == ()


def test_a_set_that_became_a_map_is_another() -> None:
    before, after = (_native(sets=(NamedSet("x", kind, "type mark", ("1",)),)) for kind in ("set", "map"))
    assert [type(change) for change in compare(before, after)] == [Added, Removed, Added, Removed]


def test_a_set_that_was_declared_anew_is_altered() -> None:
    before, after = (
        _native(sets=(NamedSet("x", "set", f"type mark; timeout {time}", ("1",)),)) for time in ("1m", "2m")
    )
    assert compare(before, after) == (
        Altered(
            _item(ObjectKind.SET, "x", "set x { type mark; timeout 2m }"),
            _item(ObjectKind.SET, "x", "set x { type mark; timeout 1m }"),
        ),
    )


# ---- named objects and tables -------------------------------------------------------------------------------------


def _holding(*objects: NamedObject, flags: tuple[str, ...] = ()) -> Ruleset:
    return Ruleset((Table(Backend.NFTABLES, "inet", "own", objects=objects, flags=flags),))


def test_named_objects_come_go_and_are_altered_by_what_they_declare() -> None:
    slow, fast = (NamedObject("x", "limit", f"rate {rate}/second") for rate in (1, 9))
    item = _item(ObjectKind.OBJECT, "x", "limit x { rate 1/second }")
    assert compare(_holding(), _holding(slow)) == (Added(item),)
    assert compare(_holding(slow), _holding()) == (Removed(item),)
    assert compare(_holding(slow), _holding(fast)) == (
        Altered(_item(ObjectKind.OBJECT, "x", "limit x { rate 9/second }"), item),
    )


def test_objects_of_two_kinds_may_share_a_name() -> None:
    both = _holding(NamedObject("x", "limit", "rate 1/second"), NamedObject("x", "counter"))
    assert compare(both, _holding(NamedObject("x", "counter"))) == (
        Removed(_item(ObjectKind.OBJECT, "x", "limit x { rate 1/second }")),
    )


def test_what_an_object_counted_is_a_change_only_when_asked_for() -> None:
    before, after = (_holding(NamedObject("x", "counter", "", number, 60 * number)) for number in (1, 2))
    assert compare(before, after) == ()
    (change,) = compare_with_counters(before, after)
    assert isinstance(change, Altered)
    assert (change.before.packets, change.item.packets) == (1, 2)


def test_a_table_that_falls_asleep_is_told() -> None:
    asleep = Item(ObjectKind.TABLE, Backend.NFTABLES, "inet", "own", "", "table inet own { flags dormant }")
    assert compare(_holding(), _holding(flags=("dormant",))) == (Added(asleep),)
    assert compare(_holding(flags=("dormant",)), _holding()) == (Removed(asleep),)
    assert asleep.where == "inet:own"


def test_everything_of_a_ruleset_is_an_item_once() -> None:
    ruleset = _native(
        Chain("in", (Rule("accept"), Rule("accept")), "drop", "type filter hook input priority 0"),
        sets=(NamedSet("s", "set", "type mark", ("1",)),),
    )
    assert [(item.object, item.text, item.position) for item in items(ruleset)] == [
        (ObjectKind.CHAIN, "chain in { type filter hook input priority 0 }", None),
        (ObjectKind.POLICY, "policy drop", None),
        (ObjectKind.RULE, "accept", 1),
        (ObjectKind.RULE, "accept", 2),
        (ObjectKind.SET, "set s { type mark }", None),
        (ObjectKind.SET, "1", None),
    ]
