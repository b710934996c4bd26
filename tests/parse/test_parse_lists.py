"""Ipsets and the lists of `-m recent`, as ipset 7.17 and kernel 6.18 print them, and what rules that ask them mean."""

import pytest

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.match import (
    NEVER,
    Field,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
    all_of,
    any_of,
    equal,
    in_ranges,
)
from netaudit.parse import parse_ruleset
from netaudit.parse.iptables.lists import parse_lists
from netaudit.parse.iptables.meaning import read_iptables_rule
from netaudit.parse.reading.values import address, network

SAVED = b"""\
create bl hash:ip family inet hashsize 1024 maxelem 65536 timeout 0 bucketsize 12 initval 0xc3578418
add bl 203.0.113.7 timeout 599
add bl 203.0.113.8 timeout 0
create nets hash:net family inet hashsize 1024 maxelem 65536 comment bucketsize 12 initval 0xa02933b4
add nets 198.51.100.7 nomatch
add nets 198.51.100.0/24 comment "bad guys"
create ipp hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x83263d06
add ipp 203.0.113.9,tcp:80
add ipp 203.0.113.10,tcp:80
create nif hash:net,iface family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0xf2bb3444
add nif 203.0.113.0/24,eth0
create bp bitmap:port range 1-1000
add bp 22
create v6 hash:ip family inet6 hashsize 1024 maxelem 65536 bucketsize 12 initval 0x5d6c79ca
add v6 2001:db8::7
create none hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x5d6c79ca
create ls list:set size 8
add ls bl
add ls v6
create hm hash:mac hashsize 1024 maxelem 65536 bucketsize 12 initval 0x4c390f74
add hm 02:42:AC:11:00:02
"""
RECENT = b"list bad\nsrc=203.0.113.7 ttl: 0 last_seen: 4299950666 oldest_pkt: 1 4299950666\nlist empty\n"
FACTS = Facts({Source.IPSET: SAVED, Source.XT_RECENT: RECENT})


def meaning(text: str, family: str = "ip", facts: Facts = FACTS) -> Match:
    return all_of(read_iptables_rule(f"-A INPUT {text} -j DROP", family, parse_lists(facts)).matches)


def within(field: Field, *networks: str) -> Match:
    return in_ranges(field, map(network, networks))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("bl src", within(Field.SADDR, "203.0.113.7", "203.0.113.8")),
        ("bl dst", within(Field.DADDR, "203.0.113.7", "203.0.113.8")),
        ("nets src", all_of([within(Field.SADDR, "198.51.100.0/24"), Not(within(Field.SADDR, "198.51.100.7"))])),
        (
            "ipp src,dst",
            all_of(
                [
                    within(Field.SADDR, "203.0.113.9", "203.0.113.10"),
                    equal(Field.PROTOCOL, 6),
                    equal(Field.DPORT, 80),
                ]
            ),
        ),
        ("nif src,src", all_of([within(Field.SADDR, "203.0.113.0/24"), Named(Field.IIF, ("eth0",))])),
        ("bp dst", all_of([equal(Field.PROTOCOL, 6, 17, 33, 132, 136), equal(Field.DPORT, 22)])),
        ("v6 src", NEVER),
        ("none src", NEVER),
        ("ls src", within(Field.SADDR, "203.0.113.7", "203.0.113.8")),
        ("hm src", equal(Field.SMAC, 0x0242AC110002)),
    ],
)
def test_a_set_matches_what_it_holds_now(text: str, match: Match) -> None:
    assert meaning(f"-m set --match-set {text}") in (match, any_of([match, NEVER]))
    assert isinstance(meaning(f"-m set ! --match-set {text}"), Not)


def test_a_set_of_the_other_family_is_asked_by_its_own() -> None:
    assert meaning("-m set --match-set v6 src", "ip6") == equal(Field.SADDR, address("2001:db8::7"))


def test_what_was_not_recorded_of_lists_is_not_known() -> None:
    for text in ("-m set --match-set bl src", "-m recent --rcheck --name bad"):
        match = meaning(text, facts=Facts({}))
        assert isinstance(match, UnknownMatch)
        assert (match.text, match.reason) == (text, "what the set holds is not recorded")
    assert isinstance(meaning("-m set --match-set gone src"), UnknownMatch)
    assert isinstance(meaning("-m set --match-set bl src ! --update-counters --packets-gt 3"), UnknownMatch)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("--rcheck --name bad --rsource", within(Field.SADDR, "203.0.113.7")),
        ("--rcheck --name bad --mask 255.255.255.0 --rdest", within(Field.DADDR, "203.0.113.0/24")),
        ("! --rcheck --name bad", Not(within(Field.SADDR, "203.0.113.7"))),
        ("--rcheck --name empty", in_ranges(Field.SADDR, ())),
        ("--update --seconds 60 --name empty", in_ranges(Field.SADDR, ())),
    ],
)
def test_a_list_of_recent_addresses_matches_what_it_holds_now(text: str, match: Match) -> None:
    assert meaning(f"-m recent {text}") == match


def test_how_often_or_how_long_ago_an_address_was_seen_holds_sometimes() -> None:
    often = "-m recent --update --seconds 60 --hitcount 4 --name bad"
    assert meaning(often) == Sometimes(often)
    ago = "-m recent --update --seconds 60 --name bad"
    assert meaning(ago) == all_of([within(Field.SADDR, "203.0.113.7"), Sometimes(ago)])
    assert meaning("-m recent --set --name bad") == all_of(())


def test_sets_are_tables_whose_members_have_no_moving_parts() -> None:
    ip, ip6 = parse_ruleset(FACTS).tables
    sets = {one.name: one for one in (*ip.sets, *ip6.sets)}
    assert (ip.key, ip6.key) == (("ipset", "ip", "ipset"), ("ipset", "ip6", "ipset"))
    assert sets["bl"].elements == ("203.0.113.7", "203.0.113.8")
    assert sets["bl"].declaration == "hash:ip family inet maxelem 65536"
    assert sets["nets"].elements == ("198.51.100.0/24", "198.51.100.7 nomatch")
    assert [one.name for one in ip6.sets] == ["v6"]


def test_a_set_that_many_rules_ask_is_read_once_also_through_lists_of_lists() -> None:
    fan = range(6)  # 6 to the power of 6 ways lead to the last set
    saved = ["create l6 hash:ip family inet", "add l6 203.0.113.7"]
    for level in reversed(range(6)):
        saved = [*saved, *(f"create l{level}-{one} list:set" for one in fan)]
        below = [f"l{level + 1}-{one}" for one in fan] if level < 5 else ["l6"]
        saved += [f"add l{level}-{one} {other}" for one in fan for other in below]
    lists = parse_lists(Facts({Source.IPSET: "\n".join([*saved, ""]).encode()}))
    for name in ("l0-0", "l0-1"):
        (found,) = read_iptables_rule(f"-A INPUT -m set --match-set {name} src -j DROP", "ip", lists).matches
        assert found == within(Field.SADDR, "203.0.113.7")
    assert len(lists.matches) == 6 * 5 + 2 + 1
