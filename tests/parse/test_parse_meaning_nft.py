"""What native rules mean, from real rules that nft printed; the kernel itself is asked in tests/kernel."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from netaudit.model.facts import Facts
from netaudit.model.netfilter.match import (
    NEVER,
    AllOf,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
    equal,
)
from netaudit.model.netfilter.program import Base, Hook, Program
from netaudit.model.netfilter.statement import ACCEPT, DROP, RETURN, Jump, Meaning, Nat, NatKind, Note, SetMark
from netaudit.parse import parse_ruleset
from netaudit.parse.nftables.meaning import read_nft_rule
from netaudit.parse.program import parse_program

LISTING = Path(__file__).with_name("meanings.json").read_bytes()
TCP = equal(Field.PROTOCOL, 6)
IPV4 = equal(Field.NFPROTO, 2)
CONNECTION = Not(InRanges(Field.CT_STATE, ((1, 1), (64, 64))))
HOST = 0xC0000201  # 192.0.2.1


@pytest.fixture(scope="module")
def program() -> Program:
    """Read what nft 1.0.6 printed of tests/parse/meanings.nft."""
    facts = Facts({"nft-ruleset.json": LISTING})
    return parse_program(facts, parse_ruleset(facts))


@pytest.fixture(scope="module")
def meanings(program: Program) -> dict[str, Meaning]:
    """Give each rule's meaning by its text."""
    (table,) = program.tables
    return {rule.item.text: rule.meaning for chain in table.chains.values() for rule in chain.rules}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("ip saddr 192.0.2.0/24", (AllOf((IPV4, InRanges(Field.SADDR, ((HOST - 1, HOST + 254),)))),)),
        ("ip saddr != @hosts", (AllOf((IPV4, Not(InRanges(Field.SADDR, ((HOST, HOST + 1),))))),)),
        ("ip saddr @changing", (AllOf((IPV4, InRanges(Field.SADDR, ((HOST + 8, HOST + 8),)))),)),  # what it holds now
        ("tcp dport { 80, 443 }", (AllOf((TCP, InRanges(Field.DPORT, ((80, 80), (443, 443))))),)),
        ("tcp dport > 1023", (AllOf((TCP, InRanges(Field.DPORT, ((1024, 65535),)))),)),
        ("tcp flags syn / fin,syn,rst,ack", (AllOf((TCP, Masked(Field.TCP_FLAGS, 23, 2))),)),
        ("tcp flags syn", (AllOf((TCP, Not(Masked(Field.TCP_FLAGS, 2, 0)))),)),
        ('iifname != "br-*"', (Not(Named(Field.IIF, ("br-*",))),)),
        ("ct state established,related", (InRanges(Field.CT_STATE, ((2, 2), (4, 4))),)),
        ("ct status dnat", (AllOf((CONNECTION, Not(Masked(Field.CT_STATUS, 0x20, 0)))),)),
        ("meta mark & 0x000000ff == 0x00000001", (Masked(Field.MARK, 0xFF, 1),)),
        ("fib daddr type local", (equal(Field.DADDR_TYPE, 2),)),
        ("fib saddr . iif oif missing", (equal(Field.REVERSE_PATH, 0),)),
        (
            'iifname . tcp dport { "eth0" . 80-90 }',
            (AllOf((TCP, Named(Field.IIF, ("eth0",)), InRanges(Field.DPORT, ((80, 90),)))),),
        ),
    ],
)
def test_a_match_is_a_condition_over_fields(
    meanings: dict[str, Meaning], text: str, matches: tuple[Match, ...]
) -> None:
    assert meanings[text] == Meaning(matches)


@pytest.mark.parametrize(
    ("expression", "match"),
    [
        ('{"limit": {"rate": 10, "per": "second"}}', Sometimes("limit rate 10/second")),
        ('{"quota": "q"}', Sometimes('quota name "q"')),
        (
            '{"match": {"op": "<", "left": {"numgen": {"mode": "random", "mod": 10, "offset": 0}}, "right": 3}}',
            Sometimes("numgen random mod 10 < 3"),
        ),
        (
            '{"set": {"op": "add", "elem": {"meta": {"key": "mark"}}, "set": "@flood", "stmt": [{"limit": "l"}]}}',
            Sometimes('add @flood { meta mark limit name "l" }'),
        ),
        (
            '{"match": {"op": "==", "left": {"exthdr": {"name": "rt", "field": "type"}}, "right": 0}}',
            NEVER,
        ),
        (  # nft 1.0.6 does not know the type of what is in such a set
            (
                '{"match": {"op": "==", "left": {"ct": {"key": "proto-dst", "dir": "original"}},'
                ' "right": {"set": ["0x50 [invalid type]", "0x1bb [invalid type]"]}}}'
            ),
            AllOf((CONNECTION, equal(Field.CT_ORIG_DPORT, 80, 443))),
        ),
        ('{"match": {"op": "!=", "left": {"exthdr": {"name": "rt", "field": "type"}}, "right": 0}}', NEVER),
    ],
)
def test_chance_holds_sometimes_and_a_header_that_is_not_there_never(expression: str, match: Match) -> None:
    assert read_nft_rule([json.loads(expression), {"drop": None}], "inet", {}) == Meaning((match,), (), DROP)


def test_a_map_of_counted_numbers_takes_its_last_way_where_all_have_one() -> None:
    key = {"numgen": {"mode": "inc", "mod": 2, "offset": 0}}
    data = {"set": [[0, {"jump": {"target": "a"}}], [1, {"jump": {"target": "b"}}]]}
    (first, last) = read_nft_rule([{"vmap": {"key": key, "data": data}}], "inet", {}).then
    assert first == Meaning((Sometimes("numgen inc mod 2"),), (), Jump("a"))
    assert last == Meaning((), (), Jump("b"))


@pytest.mark.parametrize("text", ["meta cpu 0", "ct status != dnat"])
def test_what_cannot_be_decided_is_kept_word_for_word(meanings: dict[str, Meaning], text: str) -> None:
    (match,) = meanings[text].matches
    assert isinstance(match, UnknownMatch)
    assert match.text == text


def test_a_verdict_map_is_a_branch_for_each_element(meanings: dict[str, Meaning]) -> None:
    branches = (
        Meaning((equal(Field.DPORT, 22),), verdict=ACCEPT),
        Meaning((equal(Field.DPORT, 80),), verdict=Jump("user")),
    )
    assert meanings["tcp dport vmap @verdicts"] == Meaning(then=(Meaning((TCP,), then=branches),))


def test_what_an_element_does_not_say_the_catch_all_says(meanings: dict[str, Meaning]) -> None:
    (_, last) = meanings["ct mark vmap { 0x00000001 : accept, * : drop }"].then[0].then
    assert (last.matches, last.verdict) == ((AllOf(()),), DROP)


def test_a_rule_goes_on_after_what_a_map_sets(meanings: dict[str, Meaning]) -> None:
    text = "meta mark set tcp dport map { 80 : 0x00000001 } return"
    branch = Meaning((equal(Field.DPORT, 80),), (SetMark(Field.MARK, 0xFFFFFFFF, 1),), then=(Meaning(verdict=RETURN),))
    assert meanings[text] == Meaning(then=(Meaning((TCP,), then=(branch,)),))


def test_what_matches_after_a_change_comes_after_it(meanings: dict[str, Meaning]) -> None:
    assert meanings["meta mark set 0x00000002 meta mark 0x00000002 drop"] == Meaning(
        statements=(SetMark(Field.MARK, 0xFFFFFFFF, 2),), then=(Meaning((equal(Field.MARK, 2),), verdict=DROP),)
    )


def test_counting_is_no_change(meanings: dict[str, Meaning]) -> None:
    assert meanings["counter ct state new accept"] == Meaning((equal(Field.CT_STATE, 8),), (Note("counter"),), ACCEPT)


def test_an_address_translates_packets_of_its_family(meanings: dict[str, Meaning]) -> None:
    nat = Nat(NatKind.DNAT, (HOST, HOST), (8080, 8080))
    (inner,) = meanings["tcp dport 80 dnat ip to 192.0.2.1:8080"].then
    assert (inner.matches, inner.statements, inner.verdict) == ((IPV4,), (nat,), ACCEPT)


def test_a_base_chain_knows_its_hook(program: Program) -> None:
    ((_, chain),) = program.base_chains(Hook.FORWARD, "ip")
    assert (chain.base, chain.policy) == (Base(5, Hook.FORWARD, "filter"), "drop")


_WORDS = [
    "match",
    "op",
    "left",
    "right",
    "meta",
    "key",
    "payload",
    "protocol",
    "field",
    "set",
    "vmap",
    "data",
    "map",
    "dnat",
    "addr",
    "port",
    "mangle",
    "value",
]
_WORDS += ["prefix", "range", "concat", "ct", "fib", "jump", "&", "elem", "val"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 99) | st.sampled_from(["ip", "saddr", "@s", "tcp", "lo", "10.0.0.0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_WORDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30 * SWEEP)
@given(st.lists(ANYTHING, max_size=4) | ANYTHING, ANYTHING, ANYTHING)
def test_whatever_nft_prints_is_read(expressions: object, elements: object, flags: object) -> None:
    place = {"family": "ip", "table": "t"}
    entries = [
        {"table": {"family": "ip", "name": "t", "flags": flags}},
        {"chain": {**place, "name": "c", "type": "filter", "hook": "input", "prio": 0}},
        {"map": {**place, "name": "s", "elem": elements, "flags": flags}},
        {"rule": {**place, "chain": "c", "expr": expressions}},
    ]
    facts = Facts({"nft-ruleset.json": json.dumps({"nftables": entries}).encode()})
    (table,) = parse_program(facts, parse_ruleset(facts)).tables
    assert [type(rule.meaning) for rule in table.chains["c"].rules] == [Meaning]
