"""nft's own words: what people paste, without a kernel."""

import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Backend, Table
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.parse.nftables.printer import print_rule
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.nftables.text.reader import read_nft_text
from netaudit.parse.nftables.text.structure import context
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.rules.nft import redact_nft


def read(text: str) -> Snapshot:
    return parse_snapshot(Facts({Source.NFT_RULESET: text.encode()}))


def table(text: str, name: str) -> Table:
    return next(one for one in read(text).ruleset.tables if one.name == name)


def rules(text: str, name: str, chain: str) -> list[str]:
    return [rule.text for one in table(text, name).chains if one.name == chain for rule in one.rules]


FILE = """#!/usr/sbin/nft -f
flush ruleset
define wan = eth0
define open = { 22, 80-90 }
table inet fw { # mine
  set blocked { type ipv4_addr; flags interval; elements = { 192.0.2.0/24,
                198.51.100.7 timeout 1h comment "x" } }
  chain in {
    type filter hook input priority filter + 10; policy drop;
    iifname $wan tcp dport $open accept # what we serve
    ip saddr @blocked counter packets 3 bytes 180 drop comment "no"
    ct state vmap { established : accept, related : accept }
  }
}
"""


def test_a_file_of_ones_own_is_read_with_its_definitions() -> None:
    found = table(FILE, "fw")
    assert found.chains[0].base == "type filter hook input priority 10"
    assert found.chains[0].policy == "drop"
    assert found.sets[0].elements == ("192.0.2.0/24", '198.51.100.7 timeout 1h comment "x"')
    assert [(rule.text, rule.packets) for rule in found.chains[0].rules] == [
        ('iifname "eth0" tcp dport { 22, 80-90 } accept', None),
        ('ip saddr @blocked counter drop comment "no"', 3),
        ("ct state vmap { established : accept, related : accept }", None),
    ]


def test_a_name_that_nothing_defines_leaves_its_rule_undecided_with_its_line() -> None:
    text = "table ip f {\n chain c {\n  iifname $wan accept\n }\n}\n"
    assert rules(text, "f", "c") == ["iifname $wan accept"]
    assert [gap.detail for gap in read(text).gaps if gap.source == Source.NFT_RULESET] == [
        "line 3, not understood: iifname $wan accept"
    ]


def test_what_is_not_known_stays_in_its_rule_and_the_verdict_behind_it_too() -> None:
    text = "table ip f {\n chain c {\n  ip saddr 192.0.2.1 quux frob 3 accept\n }\n}\n"
    snapshot = read(text)
    found = table(text, "f")
    assert found.chains[0].rules[0].text == "ip saddr 192.0.2.1 quux frob 3 accept"
    meaning = snapshot.meanings.read(found, found.chains[0])[0]
    assert "quux frob 3" in str(meaning.matches)
    assert type(meaning.verdict).__name__ == "Accept"


def test_prose_and_elided_lines_are_no_rules() -> None:
    text = "table ip f {\n chain c {\n  tcp dport 22 accept\n  ...\n  and many more like it\n }\n}\nthanks in advance\n"
    assert rules(text, "f", "c") == ["tcp dport 22 accept"]
    assert [lost.line for lost in read_nft_text(text).lost] == [4, 5, 8]


def test_a_listing_whose_end_is_cut_off_says_where() -> None:
    assert read_nft_text("table ip f {\n chain c {\n  tcp dport 22 accept\n").cut == "chain c"


def test_of_two_states_of_one_chain_the_last_counts_and_the_same_state_twice_is_one() -> None:
    one = "table ip f {\n chain c {\n  tcp dport 22 counter packets 1 bytes 2 accept\n }\n}\n"
    assert len(rules(one + one.replace("packets 1", "packets 9"), "f", "c")) == 1
    assert rules(one + one.replace("22", "23"), "f", "c") == ["tcp dport 23 counter accept"]
    assert [(lost.line, lost.text) for lost in read_nft_text(one + one.replace("22", "23")).earlier] == [(2, "c")]


def test_a_file_adds_rules_to_a_chain_whose_hook_it_names_once() -> None:
    base = "table inet f {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 22 accept\n }\n}\n"
    more = "table inet f {\n chain c {\n  tcp dport 23 accept\n }\n}\n"
    assert rules(base + more, "f", "c") == ["tcp dport 22 accept", "tcp dport 23 accept"]
    assert read_nft_text(base + more).earlier == ()


def test_rules_that_are_added_one_by_one_are_not_compared_with_all_before(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    monkeypatch.setattr(context, "_stateless", lambda said: compared.append(len(said)) or said)
    one = "chain c {\n tcp dport 22 accept\n}\n"
    text = "table ip f {\n chain c {\n  type filter hook input priority 0;\n  tcp dport 22 drop\n }\n"
    assert len(rules(text + one * 100 + "}\n", "f", "c")) == 101
    assert sum(compared) <= 4


DOCKER = """# Warning: table ip nat is managed by iptables-nft, do not touch!
table ip nat {
	chain DOCKER {
		iifname "docker0" counter packets 0 bytes 0 return
		iifname != "docker0" tcp dport 8080 counter packets 5 bytes 300 dnat to 172.17.0.2:80
		iifname != "docker0" tcp dport 8081 counter packets 0 bytes 0 xt target "DNAT"
	}

	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local counter packets 1 bytes 60 jump DOCKER
		xt match "addrtype" counter packets 1 bytes 60 jump DOCKER
	}

	chain POSTROUTING {
		type nat hook postrouting priority srcnat; policy accept;
		oifname != "docker0" ip saddr 172.17.0.0/16 counter packets 0 bytes 0 masquerade
	}
}
"""


def test_rules_of_iptables_that_nft_prints_are_rules_of_iptables() -> None:
    assert table(DOCKER, "nat").backend is Backend.IPTABLES_NFT
    assert rules(DOCKER, "nat", "DOCKER") == [
        "-A DOCKER -i docker0 -j RETURN",
        "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
        r'-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -m listing --unread "xt target \"DNAT\"" -j DNAT',
    ]
    assert rules(DOCKER, "nat", "PREROUTING")[0] == "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"
    assert rules(DOCKER, "nat", "POSTROUTING") == ["-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"]


def test_masquerading_that_nft_knows_by_its_name_alone_is_masquerading() -> None:
    named = DOCKER.replace("bytes 0 masquerade", 'bytes 0 xt target "MASQUERADE"')
    assert rules(named, "nat", "POSTROUTING") == rules(DOCKER, "nat", "POSTROUTING")


def test_without_the_warning_the_chains_tell_whose_table_it_is() -> None:
    bare = DOCKER.partition("\n")[2]
    assert table(bare, "nat").backend is Backend.IPTABLES_NFT
    own = (
        "table ip filter {\n chain INPUT {\n  type filter hook input priority 0;\n  tcp dport { 22, 80 } accept\n }}\n"
    )
    assert table(own, "filter").backend is Backend.NFTABLES


def test_what_an_old_nft_says_behind_a_hash_is_part_of_the_rule() -> None:
    text = DOCKER.replace('xt target "DNAT"', "# CT zone 1")
    assert "CT zone 1" in rules(text, "nat", "DOCKER")[2]


def test_json_and_prose_are_no_text_of_nft() -> None:
    assert not is_nft_text(b'{"nftables": []}')
    assert not is_nft_text(b"the table ip nat { is what I see\n")
    assert is_nft_text(b"$ sudo nft list ruleset\ntable ip nat {\n")


def test_text_is_redacted_as_json_is() -> None:
    redacted = redact_nft(FILE.encode(), Redactor(b"k" * 32, shipped_catalog()), Source.NFT_RULESET)
    assert b"198.51.100.7" not in redacted
    assert b"nftables" in redacted


OBJECTS = """table inet f {
	secmark ssh {
		"system_u:object_r:ssh_server_packet_t:s0"
	}

	set few {
		type ipv4_addr
		limit rate 1/second counter
		elements = { 192.0.2.1 ct count over 5, 192.0.2.2 counter packets 1 bytes 2 }
	}

	chain c {
		counter name ip saddr map { 192.0.2.1 : "a", 192.0.2.2 : "b" } accept
		quota name ip6 saddr . tcp dport map @quotas drop
		counter name "a" tcp dport 22
		limit name plain accept
	}
}
"""


def test_objects_that_a_map_chooses_and_several_statements_of_a_set_are_read_whole() -> None:
    assert read_nft_text(OBJECTS).lost == ()
    assert rules(OBJECTS, "f", "c") == [
        'counter name ip saddr map { 192.0.2.1 : "a", 192.0.2.2 : "b" } accept',
        "quota name ip6 saddr . tcp dport map @quotas drop",
        'counter name "a" tcp dport 22',
        'limit name "plain" accept',
    ]
    (table,) = read(OBJECTS).ruleset.tables
    assert [one.declaration for one in table.objects] == ["context system_u:object_r:ssh_server_packet_t:s0"]
    assert [one.declaration for one in table.sets] == ["type ipv4_addr; limit rate 1/second counter"]


@pytest.mark.parametrize("rest", ["random", 'comment "x"', 'random,persistent comment "it\'s"'])
def test_what_stands_behind_the_map_of_a_port_is_read_too(rest: str) -> None:
    rule = f"tcp dport 80 redirect to :tcp dport map {{ 80 : 8080 }} {rest}"
    assert rules(f"table ip f {{\n chain c {{\n  {rule}\n }}\n}}\n", "f", "c") == [rule]


MAPS = (
    ("22:accept", "22 : accept"),
    ("80-90:drop", "80-90 : drop"),
    ("http:goto other", "80 : goto other"),
    ("22 : jump other, 23:drop", "22 : jump other, 23 : drop"),
)


@pytest.mark.parametrize(("typed", "meant"), MAPS)
def test_a_map_that_was_typed_without_spaces_is_read(typed: str, meant: str) -> None:
    chain = f"table ip f {{\n chain other {{ }}\n chain c {{\n  tcp dport vmap {{ {typed} }}\n }}\n}}\n"
    assert rules(chain, "f", "c") == [f"tcp dport vmap {{ {meant} }}"]


SPELLED = (
    ('iifname vmap { "eth0":accept }', 'iifname vmap { "eth0" : accept }'),
    ("dnat to tcp dport map { 80:192.0.2.1 }", "dnat to tcp dport map { 80 : 192.0.2.1 }"),
    ("dnat to 192.0.2.1:80", "dnat to 192.0.2.1:80"),
    ("ip6 saddr fe80::2 accept", "ip6 saddr fe80::2 accept"),
    ("tcp dport 80 - 90 accept", "tcp dport 80-90 accept"),
    ('hour "08:00"-"17:00" accept', 'meta hour "08:00"-"17:00" accept'),
    ("fib saddr . iif check missing drop", "fib saddr . iif oif missing drop"),
    ("meta l4proto 50-60 accept", "meta l4proto 50-60 accept"),
    ('meta secmark set "ssh_server"', 'meta secmark set "ssh_server"'),
    ("ct secmark set meta secmark", "ct secmark set meta secmark"),
    ("ct helper set ip saddr map @helpers", "ct helper set ip saddr map @helpers"),
    ('ct timeout set ip daddr map { 192.0.2.0/24 : "dns" }', 'ct timeout set ip daddr map { 192.0.2.0/24 : "dns" }'),
    ("icmpv6 mtu 1280 accept", "icmpv6 mtu 1280 accept"),
)


@pytest.mark.parametrize(("typed", "meant"), SPELLED)
def test_what_nft_takes_is_read_as_it_prints_it(typed: str, meant: str) -> None:
    text = f"table inet f {{\n chain c {{\n  {typed}\n }}\n}}\n"
    assert rules(text, "f", "c") == [meant]
    assert read_nft_text(text).lost == ()


def test_the_types_of_what_a_map_gives_are_named_as_in_nfts_json() -> None:
    typed = (
        ("ip saddr : meta mark", "typeof ip saddr : mark"),
        ("ip saddr : ip daddr . tcp dport", "typeof ip saddr : ipv4_addr . inet_service"),
        ("ct bytes : meta priority", "typeof ct bytes : classid"),
        ("ip6 saddr : ct helper", "typeof ip6 saddr : ct helper"),
        ("tcp dport : secmark", "typeof tcp dport : secmark"),
        ("ip saddr : verdict", "typeof ip saddr : verdict"),
    )
    for said, declared in typed:
        assert table(f"table inet t {{\n map m {{\n  typeof {said}\n }}\n}}\n", "t").sets[0].declaration == declared


def test_an_expectation_times_out_after_milliseconds() -> None:
    text = "table ip t {\n ct expectation e {\n  protocol tcp\n  dport 666\n  timeout 100ms\n  size 96\n }\n}\n"
    assert "timeout 100" in table(text, "t").objects[0].declaration


def test_nfts_json_of_a_security_mark_and_of_a_route_that_exists_is_printed_as_nft_prints_it() -> None:
    look_up = {"fib": {"result": "check", "flags": ["saddr", "iif"]}}
    said = [{"match": {"op": "==", "left": look_up, "right": False}}, {"secmark": "ssh_server"}]
    assert print_rule(said, None) == 'fib saddr . iif oif missing meta secmark set "ssh_server"'


def test_that_a_flowtable_counts_is_said_by_nfts_text_alone() -> None:
    """Its JSON has no word for it: of nft's own 405 dumps in both forms, the two that differ are of flowtables."""
    lines = "  hook ingress priority filter\n  devices = { lo }\n  counter\n"
    said = table(f"table ip t {{\n flowtable f {{\n{lines} }}\n}}\n", "t").objects[0]
    assert said.declaration == "counter; dev lo; hook ingress; prio 0"


def test_a_definition_in_the_braces_of_another_gives_its_elements() -> None:
    text = "define inner = { eth0, eth1 }\ndefine all = { $inner, eth2 }\n"
    text += "table ip f {\n chain c {\n  iifname $all accept\n }\n}\n"
    assert rules(text, "f", "c") == ['iifname { "eth0", "eth1", "eth2" } accept']
