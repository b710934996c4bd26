"""Named objects of a real kernel: each that is declared again is one change, and nothing else is."""

from collections.abc import Iterator

import pytest
from native_host import NativeHost, native_host

from netaudit.diff import Altered, compare
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.parse.nftables.ruleset import parse_nft

pytestmark = pytest.mark.kernel

# What is declared, and the same declared otherwise.
OBJECTS = [
    ("counter c {}", 'counter c { comment "why"; }'),
    ("quota q { over 10 mbytes; }", "quota q { until 10 mbytes; }"),
    ("quota q { over 10 mbytes; }", "quota q { over 11 mbytes; }"),
    ("limit l { rate 10/second; }", "limit l { rate over 10/second; }"),
    ("limit l { rate 10/second burst 8 packets; }", "limit l { rate 10/second burst 9 packets; }"),
    ('ct helper h { type "ftp" protocol tcp; l3proto ip; }', 'ct helper h { type "tftp" protocol udp; l3proto ip; }'),
    (
        "ct timeout t { protocol tcp; l3proto ip; policy = { close: 4 }; }",
        "ct timeout t { protocol tcp; l3proto ip; policy = { close: 5 }; }",
    ),
    (
        "ct expectation e { protocol tcp; dport 9876; timeout 1m; size 12; l3proto ip; }",
        "ct expectation e { protocol tcp; dport 9877; timeout 1m; size 12; l3proto ip; }",
    ),
    ("synproxy s { mss 1460; wscale 7; }", "synproxy s { mss 1460; wscale 7; timestamp sack-perm; }"),
    ("set x { type mark; size 8; }", "set x { type mark; size 9; }"),
    ("set x { type mark; policy memory; }", "set x { type mark; policy performance; }"),
    ("set x { type mark; flags timeout; timeout 1m; }", "set x { type mark; flags timeout; timeout 2m; }"),
    (
        "set x { type mark; flags timeout; gc-interval 1m; }",
        "set x { type mark; flags timeout; gc-interval 2m; }",
    ),
    ("map x { type mark : mark; size 8; }", "map x { type mark : mark; size 9; }"),
]


@pytest.fixture(scope="module")
def host() -> Iterator[NativeHost]:
    with native_host() as host:
        yield host


@pytest.mark.parametrize(("before", "after"), OBJECTS)
def test_what_is_declared_anew_is_one_alteration(host: NativeHost, before: str, after: str) -> None:
    old, again, new = (_declare(host, declaration) for declaration in (before, before, after))
    assert compare(old, again) == ()
    (change,) = compare(old, new)
    assert isinstance(change, Altered)
    assert change.item.text.split(" {")[0] == change.before.text.split(" {")[0] == before.split(" {", maxsplit=1)[0]


def _declare(host: NativeHost, declaration: str) -> Ruleset:
    host.ask("nft", "-f", "-", feed=f"flush ruleset\ntable inet own {{\n{declaration}\n}}\n")
    printed = host.ask("nft", "-j", "list", "ruleset")
    return Ruleset(parse_nft(printed.encode(), source="nft-ruleset.json"))
