"""Families are nft's words, also as plain strings, and addresses are written for a port as RFC 3986 says."""

import msgspec

from netaudit.model.address_text import bracketed, with_port
from netaudit.model.docker import Endpoint, Network
from netaudit.model.facts import Source, source_of_rules
from netaudit.model.forwarding import forwards, forwards_from
from netaudit.model.netfilter.family import Family, family_of, family_of_version
from netaudit.model.netfilter.program import Hook, iptables_base, nat_priority
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.ranges import contains, inside, joined, overlaps, without


def test_a_family_is_nfts_word() -> None:
    assert [str(one) for one in Family] == ["ip", "ip6", "inet", "arp", "bridge", "netdev"]
    assert msgspec.json.encode(Family.IP6) == b'"ip6"'
    assert {"ip6": 1}[Family.IP6] == {Family.IP6: 1}["ip6"]
    assert [family_of(one) for one in ("192.0.2.1", "2001:db8::/64")] == ["ip", "ip6"]
    assert [family_of_version(one) for one in (4, 6)] == ["ip", "ip6"]


def test_an_ipv6_address_needs_brackets_before_a_port() -> None:
    assert [bracketed(one) for one in ("192.0.2.1", "2001:db8::1", "")] == ["192.0.2.1", "[2001:db8::1]", ""]
    assert with_port("2001:db8::1", 80) == "[2001:db8::1]:80"


def test_endpoints_and_networks_answer_by_family() -> None:
    end = Endpoint("n", "net", ipv4="192.0.2.2", ipv6="2001:db8::2", gateway="192.0.2.1", gateway6="2001:db8::1")
    network = Network("n", "net", "bridge", subnet="192.0.2.0/24", subnet6="2001:db8::/64")
    assert (end.address_of("ip"), end.gateway_of("ip"), network.subnet_of("ip")) == (
        "192.0.2.2", "192.0.2.1", "192.0.2.0/24",
    )  # fmt: skip
    assert (end.address_of("ip6"), end.gateway_of("ip6"), network.subnet_of("ip6")) == (
        "2001:db8::2", "2001:db8::1", "2001:db8::/64",
    )  # fmt: skip


def test_ranges_are_joined_cut_and_compared() -> None:
    assert joined([(5, 9), (1, 2), (3, 3), (8, 12), (20, 19)]) == ((1, 3), (5, 12))
    assert without(((1, 9),), ((0, 1), (4, 5))) == ((2, 3), (6, 9))
    assert [contains(((1, 3), (5, 5)), one) for one in (0, 1, 3, 4, 5)] == [False, True, True, False, True]
    assert inside(((1, 2), (5, 5)), ((0, 3), (5, 9)))
    assert not inside(((3, 5),), ((0, 3), (4, 9)))
    assert [overlaps(((4, 6),), one) for one in ((1, 3), (1, 4), (6, 9), (7, 9))] == [False, True, True, False]


def test_each_backend_has_its_files() -> None:
    assert source_of_rules(Backend.IPTABLES_LEGACY, "ip6") is Source.IP6TABLES_LEGACY
    assert source_of_rules(Backend.IPTABLES_NFT, "ip") is Source.IPTABLES_NFT
    assert {source_of_rules(Backend.NFTABLES, one) for one in Family} == {Source.NFT_RULESET}


def test_an_interface_has_its_own_switch_in_ipv4_alone() -> None:
    switches = {"net.ipv4.ip_forward": "1", "net.ipv4.conf.eth0/5.forwarding": "0", "net.ipv6.conf.all.forwarding": "0"}
    assert (forwards(switches, "ip"), forwards(switches, "ip6"), forwards({}, "ip")) == (True, False, None)
    assert forwards({"net.ipv4.conf.all.forwarding": "0"}, "ip") is False
    assert forwards(switches, "bridge") is None
    assert (forwards_from(switches, "ip", "eth0.5"), forwards_from(switches, "ip", "eth1")) == (False, True)
    assert forwards_from({**switches, "net.ipv6.conf.eth0.forwarding": "1"}, "ip6", "eth0") is False


def test_nat_chains_are_asked_before_filter_on_the_way_in_and_after_it_on_the_way_out() -> None:
    wanted = {Hook.PREROUTING: -100, Hook.OUTPUT: -100, Hook.INPUT: 100, Hook.POSTROUTING: 100}
    assert {hook: nat_priority(hook) for hook in wanted} == wanted
    for hook, priority in wanted.items():
        base = iptables_base("nat", hook.upper())
        assert base is not None
        assert (base.priority, base.kind) == (priority, "nat")
    raw = iptables_base("raw", "PREROUTING")
    assert raw is not None
    assert raw.priority == -300
