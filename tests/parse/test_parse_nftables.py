"""nft's JSON -> native tables: rules as nft prints them, and what is unknown word for word."""

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.errors import ParseError
from netaudit.model.netfilter.ruleset import Backend, Chain, NamedObject, NamedSet, Rule, Table
from netaudit.parse.nftables.printer import print_rule, print_statement
from netaudit.parse.nftables.ruleset import parse_nft

SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}
RULESET = {
    "nftables": [
        {"metainfo": {"version": "1.0.6"}},
        {"table": {"family": "ip", "name": "filter", "handle": 1}},
        {"table": {"family": "inet", "name": "own", "handle": 2}},
        {
            "chain": {
                "family": "inet", "table": "own", "name": "in", "type": "filter", "hook": "input",
                "prio": 0, "policy": "drop",
            }
        },
        {"chain": {"family": "inet", "table": "own", "name": "plain"}},
        {
            "rule": {
                "family": "inet", "table": "own", "chain": "in", "handle": 7, "comment": "why",
                "expr": [
                    {"match": {"op": "==", "left": SADDR, "right": "192.0.2.1"}},
                    {"counter": {"packets": 3, "bytes": 180}},
                    {"accept": None},
                ],
            }
        },
        {
            "set": {
                "family": "inet", "table": "own", "name": "s",
                "type": "ifname", "flags": ["interval"], "elem": ["a"],
            }
        },
        {
            "map": {
                "family": "inet", "table": "own", "name": "m", "type": ["ipv4_addr", "inet_service"], "map": "verdict",
                "elem": [[{"concat": ["192.0.2.1", 80]}, {"jump": {"target": "plain"}}]],
            }
        },
    ]
}  # fmt: skip


DEEP = (
    b'{"nftables": [{"table": {"family": "ip", "name": "t"}, "chain": {"family": "ip", "table": "t", "name": "c"},'
    b'"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [{"match": {"op": "==", "left": 1, "right": '
    + b"[" * 700 + b"]" * 700 + b"}}]}}]}"
)  # fmt: skip


def _parse(document: object) -> tuple[Table, ...]:
    return parse_nft(msgspec.json.encode(document), source="nft-ruleset.json", elsewhere={("ip", "filter")})


def test_native_tables_are_read_and_those_of_iptables_left_out() -> None:
    assert _parse(RULESET) == (
        Table(
            Backend.NFTABLES,
            "inet",
            "own",
            (
                Chain(
                    "in",
                    (Rule('ip saddr 192.0.2.1 counter accept comment "why"', 3, 180, 7),),
                    "drop",
                    "type filter hook input priority 0",
                ),
                Chain("plain"),
            ),
            (
                NamedSet("s", "set", "type ifname; flags interval", ('"a"',)),
                NamedSet("m", "map", "type ipv4_addr . inet_service : verdict", ("192.0.2.1 . 80 : jump plain",)),
            ),
        ),
    )


def test_the_type_of_a_set_may_be_an_expressions() -> None:
    body = {"family": "ip", "table": "t", "name": "s", "type": {"typeof": {"meta": {"key": "mark"}}}, "elem": [1]}
    (table,) = _parse({"nftables": [{"table": {"family": "ip", "name": "t"}}, {"set": body}]})
    assert table.sets == (NamedSet("s", "set", "typeof meta mark", ("0x00000001",)),)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("counter", {"packets": 3, "bytes": 180}, ("", 3, 180)),
        ("counter", {"packets": 0, "bytes": 0, "comment": "why"}, ('comment "why"', 0, 0)),
        ("quota", {"bytes": 10485760, "used": 7, "inv": True}, ("over 10485760 bytes", None, 7)),
        ("quota", {"bytes": 5, "used": 0, "comment": "c"}, ('5 bytes; comment "c"', None, 0)),
        ("limit", {"rate": 10, "per": "second", "burst": 9}, ("rate 10/second burst 9 packets", None, None)),
        ("limit", {"rate": 1, "per": "hour", "inv": True}, ("rate over 1/hour", None, None)),
        (
            "ct helper",
            {"type": "ftp", "protocol": "tcp", "l3proto": "ip"},
            ("l3proto ip; protocol tcp; type ftp", None, None),
        ),
        (
            "ct timeout",
            {"protocol": "tcp", "policy": {"close": 4}},
            ('policy json {"close":4}; protocol tcp', None, None),
        ),
        ("flowtable", {"hook": "ingress", "prio": 0, "dev": ["a", "b"]}, ("dev a,b; hook ingress; prio 0", None, None)),
        ("synproxy", {"mss": 1460, "flags": ["timestamp"]}, ("flags timestamp; mss 1460", None, None)),
        ("secmark", {"context": "system_u:object_r:x:s0"}, ("context system_u:object_r:x:s0", None, None)),
        ("new thing", {"deep": {"a": [1]}, "on": True}, ('deep json {"a":[1]}; on', None, None)),
    ],
)
def test_named_objects_are_read_whatever_they_are(
    kind: str, body: dict[str, object], expected: tuple[object, ...]
) -> None:
    own = {"family": "ip", "table": "t", "name": "x", "handle": 9, **body}
    (table,) = _parse({"nftables": [{"table": {"family": "ip", "name": "t"}}, {kind: own}]})
    assert table.objects == (NamedObject("x", kind, *expected),)


def test_a_set_is_declared_with_its_limits() -> None:
    limits = {"timeout": 60, "gc-interval": 10, "size": 128, "policy": "memory", "auto-merge": True, "comment": "c"}
    body = {
        "family": "ip",
        "table": "t",
        "name": "s",
        "type": "mark",
        "handle": 3,
        "stmt": [{"counter": None}],
        **limits,
    }
    (table,) = _parse({"nftables": [{"table": {"family": "ip", "name": "t"}}, {"set": body}]})
    declared = 'type mark; auto-merge; comment "c"; gc-interval 10s; policy memory; size 128; counter; timeout 1m'
    assert table.sets == (NamedSet("s", "set", declared),)


@pytest.mark.parametrize(
    ("printed", "flags"),
    [
        ("dormant", ("dormant",)),
        (["persist", "owner"], ("owner", "persist")),
        (["dormant", "\x01\ufffd", "own"], ("dormant", "unreadable")),
    ],
)
def test_a_tables_flags_are_read(printed: object, flags: tuple[str, ...]) -> None:
    (table,) = _parse({"nftables": [{"table": {"family": "ip", "name": "t", "flags": printed}}]})
    assert table.flags == flags


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "nft-ruleset.json: not JSON"),
        (b'{"nftables": [', "nft-ruleset.json: not JSON"),
        (b'{"nftables": "\xff"}', "nft-ruleset.json: not JSON"),
        (b"[" * 100_000, "nft-ruleset.json: not JSON"),
        (DEEP, "nft-ruleset.json: not JSON: it is nested more than 100 levels deep"),
        (b"{}", 'nft-ruleset.json: not what nft prints: no "nftables" list'),
        (b'{"nftables": [1]}', 'nft-ruleset.json: not what nft prints: no "nftables" list'),
    ],
)
def test_what_nft_does_not_print_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_nft(data, source="nft-ruleset.json")
    assert caught.value.args[0].startswith(message)
    assert caught.value.hint == "give the untouched output of `nft -j list ruleset`"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ({"frobnicate": {"b": 1, "a": [2]}}, 'json {"frobnicate":{"a":[2],"b":1}}'),
        ({"match": {"op": "==", "left": {"new": {"key": 1}}, "right": 5}}, 'json {"new":{"key":1}} 5'),
        ({"match": {"op": "==", "left": {"meta": 5}, "right": 5}}, 'json {"meta":5} 5'),
        ({"jump": None}, 'json {"jump":null}'),
        ({"log": {"flags": 5, "prefix": "x"}}, 'log prefix "x" flags 5'),
        ({"limit": 5}, 'json {"limit":5}'),
        ({}, "json {}"),
        (5, "json 5"),
        ("update @m { ip saddr : 0x5 }", "update @m { ip saddr : 0x5 }"),
    ],
)
def test_what_is_not_understood_is_kept_word_for_word(expression: object, text: str) -> None:
    assert print_statement(expression) == text


@pytest.mark.parametrize(
    ("family", "kind", "text"),
    [
        ("ip", "icmp", "reject"),
        ("ip6", "icmpv6", "reject"),
        ("inet", "icmpx", "reject"),
        ("inet", "icmp", "reject with icmp port-unreachable"),
        ("inet", "icmpv6", "reject with icmpv6 port-unreachable"),
    ],
)
def test_reject_alone_means_what_it_means_in_its_family(family: str, kind: str, text: str) -> None:
    assert print_rule([{"reject": {"type": kind, "expr": "port-unreachable"}}], None, family) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, "queue"),
        ({"num": 3, "flags": ["bypass"]}, "queue flags bypass to 3"),
        ({"num": {"range": [1, 3]}, "flags": ["bypass", "fanout"]}, "queue flags bypass,fanout to 1-3"),
    ],
)
def test_queues_are_printed_where_no_kernel_is_asked(body: object, text: str) -> None:
    assert print_statement({"queue": body}) == text


KEYS = (
    "match op left right vmap map key data set elem val stmt mangle value xt type name jump target accept dnat addr "
    "port range prefix len concat meta payload ct fib flags limit log reject expr quota & << exthdr base numgen jhash "
    "dup fwd queue counter comment timeout"
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.matrix
@given(JSON)
def test_any_expression_is_printed(expression: object) -> None:
    assert isinstance(print_statement(expression), str)


@given(
    st.dictionaries(
        st.sampled_from(["table", "chain", "rule", "set", "map", "limit", "quota", "flowtable"]), JSON, max_size=3
    ),
    JSON,
)
def test_any_ruleset_is_read_or_refused(entry: dict[str, object], more: object) -> None:
    table = {"family": "ip", "name": "t"}
    own = {kind: {**body, "family": "ip", "table": "t"} for kind, body in entry.items() if isinstance(body, dict)}
    try:
        _parse({"nftables": [{"table": table}, own, {"rule": {**table, "table": "t", "expr": more}}]})
    except ParseError as error:
        assert str(error).startswith("nft-ruleset.json")  # noqa: PT017


def test_a_table_that_is_printed_twice_is_one_and_the_objects_of_others_are_not_in_it() -> None:
    table = {"table": {"family": "ip", "name": "t"}}
    chain = {"chain": {"family": "ip", "table": "t", "name": "c"}}
    others = [{"chain": {"family": family, "table": "t", "name": "x"}} for family in (["ip"], None, 7, {})]
    data = json.dumps({"nftables": [table, chain, table, *others]}).encode()
    assert [(one.name, [c.name for c in one.chains]) for one in parse_nft(data, source="x")] == [("t", ["c"])]


def test_many_tables_take_time_by_their_number() -> None:
    tables = ",".join(f'{{"table":{{"family":"ip","name":"t{number}"}}}}' for number in range(20_000))
    begun = time.process_time()
    assert len(parse_nft(f'{{"nftables":[{tables}]}}'.encode(), source="x")) == 20_000
    assert time.process_time() - begun < 10  # a guard: each table against each object takes minutes


@pytest.mark.parametrize("odd", ["x", [], {}, 1.5, True])
def test_what_is_no_number_is_none(odd: object) -> None:
    rule = {"family": "ip", "table": "t", "chain": "c", "handle": odd, "expr": [{"counter": {"packets": odd}}]}
    objects = [{"table": {"family": "ip", "name": "t"}}, {"chain": {"family": "ip", "table": "t", "name": "c"}}]
    data = json.dumps({"nftables": [*objects, {"rule": rule}]}).encode()
    found = parse_nft(data, source="x")[0].chains[0].rules[0]
    assert (found.handle, found.packets, found.octets) == (None, None, None)
