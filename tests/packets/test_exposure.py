"""The exposure table of real hosts: whole tables, and what one thing of a host changes in them."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from netaudit.model.exposure import Delivery, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
OLD = "20.10.24-iptables-nft/default-one-port/01"
NEW = "28.5.2-iptables-nft/default-one-port/01"
Edit = Callable[[str], str]


def _table(folder: str, edits: dict[str, Edit] | None = None, choice: ZoneChoice | None = None) -> tuple[Exposure, ...]:
    facts = load(RECORDINGS / folder)
    files = {name: (edits or {}).get(name, str)(data.decode()).encode() for name, data in facts.files.items()}
    return _expose(msgspec.structs.replace(facts, files=files), choice)


def _expose(facts: Facts, choice: ZoneChoice | None = None) -> tuple[Exposure, ...]:
    snapshot = parse_snapshot(facts)
    return expose(snapshot, snapshot.program, choice)


def _brief(table: tuple[Exposure, ...], protocol: str = "tcp") -> list[str]:
    return [
        f"{one.zone} → {one.destination.address} {_ports(one)}: {one.outcome} {one.way}"
        f" {one.rule.where if one.rule else '-'}"
        for one in table
        if one.destination.protocol == protocol
    ]


def _ports(one: Exposure) -> str:
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in one.destination.ports)


def _rule(chain: str, rule: str, table: str = "filter") -> Edit:
    """Put a rule first in a chain, as `iptables -I` does."""

    def edit(text: str) -> str:
        head, found, rest = text.partition(f"*{table}\n")
        assert found
        lines = rest.split("\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(("[", "-A", "COMMIT")))
        return head + found + "\n".join([*lines[:at], f"[0:0] -A {chain} {rule}", *lines[at:]])

    return edit


def test_one_published_port_on_engine_20() -> None:
    assert _brief(_table(OLD)) == [
        "internet → 0.0.0.0 8080: allowed dnat filter/DOCKER#1",
        "lan:eth0 → 0.0.0.0 8080: allowed dnat filter/DOCKER#1",
        "host → 0.0.0.0 8080: allowed dnat filter/OUTPUT",
        "network:bridge → 0.0.0.0 8080: allowed proxy filter/INPUT",
        "internet → :: 8080: allowed proxy -",
        "lan:eth0 → :: 8080: allowed proxy -",
        "host → :: 8080: allowed proxy -",
        "internet → 172.17.0.2 1-65535: blocked none -",
        "lan:eth0 → 172.17.0.2 80: allowed direct filter/DOCKER#1",
        "lan:eth0 → 172.17.0.2 1-79,81-65535: blocked none filter/FORWARD",
        "host → 172.17.0.2 1-65535: allowed direct filter/OUTPUT",
        "network:bridge → 172.17.0.2 1-65535: allowed direct filter/FORWARD#6",
    ]


def test_engine_28_drops_what_neighbours_send_straight_to_a_container() -> None:
    assert "lan:eth0 → 172.17.0.2 1-65535: blocked none raw/PREROUTING#1" in _brief(_table(NEW))


@pytest.mark.parametrize(
    ("version", "outcome"), [("26.1.5", "allowed dnat filter/DOCKER#1"), ("28.5.2", "blocked none raw/PREROUTING#2")]
)
def test_a_loopback_binding_is_reached_by_neighbours_before_engine_28(version: str, outcome: str) -> None:
    table = _brief(_table(f"{version}-iptables-nft/loopback-port/01"))
    assert f"lan:eth0 → 127.0.0.1 5432: {outcome}" in table
    assert "host → 127.0.0.1 5432: allowed proxy filter/OUTPUT" in table


def test_no_neighbour_reaches_a_loopback_binding_of_ipv6() -> None:
    table = _table("28.5.2-iptables-nft/dual-stack/02")
    reasons = {
        str(one.zone): (one.outcome, describe_reason(one.reason)) for one in table if one.destination.address == "::1"
    }
    assert reasons["lan:eth0"] == (Outcome.BLOCKED, "::1 does not come from outside")
    assert reasons["host"][0] is Outcome.ALLOWED


def test_ports_are_cut_where_rules_cut_them() -> None:
    edits = {
        Source.IPTABLES_NFT: _rule("FORWARD", "-i docker0 -o docker0 -p tcp -m multiport --dports 22,100:200 -j DROP")
    }
    own = [line for line in _brief(_table(OLD, edits)) if line.startswith("network:bridge → 172.17.0.2")]
    assert own == [
        "network:bridge → 172.17.0.2 1-21,23-99,201-65535: allowed direct filter/FORWARD#7",
        "network:bridge → 172.17.0.2 22,100-200: blocked none filter/FORWARD#1",
    ]


def test_a_part_of_a_zone_that_is_stopped_is_named() -> None:
    edits = {Source.IPTABLES_NFT: _rule("DOCKER-USER", "-s 198.51.100.0/24 -j DROP")}
    first = _table(OLD, edits)[0]
    assert (first.outcome, first.way) == (Outcome.ALLOWED, Delivery.DNAT)
    assert describe_reason(first.reason).startswith("not for all: tcp 198.51.100.")
    assert describe_reason(first.reason).endswith("is stopped (filter/DOCKER-USER#1)")


def test_what_cannot_be_decided_is_may_with_the_words_that_cannot() -> None:
    edits = {Source.IPTABLES_NFT: _rule("DOCKER-USER", "-m string --algo bm --string x -j DROP")}
    first = _table(OLD, edits)[0]
    assert first.outcome is Outcome.MAY
    assert first.rule
    assert first.rule.where == "filter/DOCKER-USER#1"
    assert "string" in describe_reason(first.reason)


@pytest.mark.parametrize(
    "rule",
    [
        "-m limit --limit 5/sec -j DROP",
        "-m hashlimit --hashlimit-above 10/sec --hashlimit-mode srcip --hashlimit-name web -j DROP",
        "-p tcp -m connlimit --connlimit-above 3 --connlimit-mask 32 -j REJECT",
        "-m recent --update --seconds 60 --hitcount 4 --name web --mask 255.255.255.255 --rsource -j DROP",
        "-m statistic --mode random --probability 0.50000000000 -j DROP",
        "-m time --timestart 08:00:00 --timestop 17:00:00 -j DROP",
    ],
)
def test_what_a_rate_or_chance_lets_through_is_allowed_and_names_the_rule(rule: str) -> None:
    first = _table(OLD, {Source.IPTABLES_NFT: _rule("DOCKER-USER", rule)})[0]
    assert (first.outcome, first.rule and first.rule.where) == (Outcome.ALLOWED, "filter/DOCKER#1")
    assert [item.where for item in first.limited_by] == ["filter/DOCKER-USER#1"]
    assert describe_reason(first.reason) == "limited by filter/DOCKER-USER#1"


@pytest.mark.parametrize("match", ["-m limit --limit 5/sec", "-m string --algo bm --string x"])
def test_a_rule_that_only_logs_limits_nothing_and_leaves_nothing_in_doubt(match: str) -> None:
    edits = {Source.IPTABLES_NFT: _rule("DOCKER-USER", f"{match} -j LOG")}
    first, clean = _table(OLD, edits)[0], _table(OLD)[0]
    assert (first.outcome, first.limited_by, first.reason) == (Outcome.ALLOWED, (), clean.reason)


def test_an_unknown_match_beside_a_limit_is_still_a_doubt() -> None:
    edit = _rule("DOCKER-USER", "-m limit --limit 5/sec -j DROP")
    other = _rule("DOCKER-USER", "-m string --algo bm --string x -j DROP")
    edits = {Source.IPTABLES_NFT: lambda text: other(edit(text))}
    first = _table(OLD, edits)[0]
    assert (first.outcome, first.limited_by) == (Outcome.MAY, ())
    assert "string" in describe_reason(first.reason)


def test_what_surely_passes_before_a_doubt_is_allowed() -> None:
    edit = _rule("DOCKER-USER", "-m string --algo bm --string x -j DROP")
    both = "-m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT"
    for before, outcome in (("-i eth0 -j ACCEPT", Outcome.MAY), (both, Outcome.ALLOWED)):
        edits = {Source.IPTABLES_NFT: lambda text, rule=before: _rule("DOCKER-USER", rule)(edit(text))}
        assert _table(OLD, edits)[0].outcome is outcome


def test_a_table_whose_flags_cannot_be_read_decides_nothing_surely() -> None:
    table = {"table": {"family": "inet", "name": "t", "flags": "t"}}
    place = {"family": "inet", "table": "t", "name": "c", "type": "filter", "hook": "prerouting", "prio": 0}
    asleep = json.dumps({"nftables": [table, {"chain": {**place, "policy": "drop"}}]})
    first = _table(OLD, {Source.NFT_RULESET: lambda _: asleep})[0]
    assert (first.outcome, describe_reason(first.reason)) == (Outcome.MAY, "the flags of inet table t cannot be read")


def test_marks_lead_from_one_table_to_another() -> None:
    mark = _rule("PREROUTING", "-s 192.0.2.0/24 -j MARK --set-xmark 0x5/0xff", "raw")
    drop = _rule("DOCKER-USER", "-m mark --mark 0x1/0x1 -j DROP")

    def edit(text: str) -> str:
        return mark(drop("*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n" + text))

    internet, neighbour = _brief(_table(OLD, {Source.IPTABLES_NFT: edit}))[:2]
    assert internet == "internet → 0.0.0.0 8080: allowed dnat filter/DOCKER#1"
    assert neighbour == "lan:eth0 → 0.0.0.0 8080: blocked none filter/DOCKER-USER#1"


def test_a_redirect_takes_a_published_port_away() -> None:
    edits = {
        Source.IPTABLES_NFT: _rule("PREROUTING", "-i eth0 -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 22", "nat")
    }
    assert _brief(_table(OLD, edits))[0] == "internet → 0.0.0.0 8080: blocked none -"


def test_a_host_that_does_not_forward_lets_nothing_through() -> None:
    edits = {Source.SYSCTL: lambda text: text.replace("eth0.forwarding = 1", "eth0.forwarding = 0")}
    first = _table(OLD, edits)[0]
    assert (first.outcome, describe_reason(first.reason)) == (Outcome.BLOCKED, "the host does not forward")


def test_without_docker_proxy_ipv6_ends_at_the_host() -> None:
    edits = {Source.SOCKETS: lambda _: ""}
    assert [line for line in _brief(_table(OLD, edits)) if "→ ::" in line] == [
        "internet → :: 8080: blocked none -",
        "lan:eth0 → :: 8080: blocked none -",
        "host → :: 8080: blocked none -",
    ]


@pytest.mark.parametrize("source", [Source.IPTABLES_LEGACY, Source.NFT_RULESET, Source.SYSCTL, Source.IP_ROUTE])
def test_what_was_not_seen_makes_what_is_allowed_doubtful(source: Source) -> None:
    facts = load(RECORDINGS / OLD)
    left = {name: data for name, data in facts.files.items() if name != source or source is Source.SYSCTL}
    gapped = msgspec.structs.replace(facts, files=left, gaps=(Gap(source, GapReason.CRASHED),))
    table = [
        one
        for one in _expose(gapped)
        if one.outcome is not Outcome.BLOCKED and one.way in (Delivery.DNAT, Delivery.NONE)
    ]
    assert {(one.outcome, describe_reason(one.reason)) for one in table} == {(Outcome.MAY, f"{source}: crashed")}


def test_without_interfaces_every_destination_is_in_doubt() -> None:
    facts = load(RECORDINGS / OLD)
    left = {name: data for name, data in facts.files.items() if name not in (Source.IP_ADDR, Source.SOCKETS)}
    table = _expose(msgspec.structs.replace(facts, files=left))
    assert [one.destination.address for one in table] == ["0.0.0.0"] * 3 + ["::"] * 3 + ["172.17.0.2"] * 6
    assert {str(one.zone) for one in table} == {"internet", "lan:eth0", "host"}
    private = {str(one.zone) for one in table if one.outcome is Outcome.BLOCKED}
    assert private == {"internet"}  # a container's address is not routed there, whatever the interfaces are
    assert {describe_reason(one.reason) for one in table if one.outcome is Outcome.MAY} == {
        "ip-addr.json: not recorded"
    }


@pytest.mark.parametrize("lost", [Source.IP_ADDR, Source.IP_ROUTE])
def test_neighbours_may_reach_a_loopback_port_where_interfaces_or_routes_were_not_seen(lost: Source) -> None:
    facts = load(RECORDINGS / "20.10.24-iptables-nft/loopback-port/01")
    left = {name: data for name, data in facts.files.items() if name != lost}
    cells = _expose(msgspec.structs.replace(facts, files=left, gaps=(Gap(lost, GapReason.NOT_RECORDED),)))
    rows = {(str(one.zone), one.destination.address): one.outcome for one in cells}
    assert (rows["lan:eth0", "127.0.0.1"], rows["internet", "127.0.0.1"]) == (Outcome.MAY, Outcome.BLOCKED)
    assert (rows["lan:eth0", "172.17.0.2"], rows["internet", "172.17.0.2"]) == (Outcome.MAY, Outcome.BLOCKED)


def test_routes_of_ipv6_that_were_not_seen_leave_rows_of_ipv4_as_they_are() -> None:
    facts = load(RECORDINGS / "20.10.24-iptables-nft/loopback-port/01")
    left = {name: data for name, data in facts.files.items() if name != Source.IP6_ROUTE}
    less = msgspec.structs.replace(facts, files=left, gaps=(Gap(Source.IP6_ROUTE, GapReason.NOT_RECORDED),))
    assert _expose(less) == _expose(facts)


def test_nobody_knows_how_docker_proxy_goes_on_where_the_other_familys_routes_were_not_seen() -> None:
    facts = load(RECORDINGS / OLD)
    left = {name: data for name, data in facts.files.items() if name != Source.IP_ROUTE}
    less = msgspec.structs.replace(facts, files=left, gaps=(Gap(Source.IP_ROUTE, GapReason.NOT_RECORDED),))
    found = {
        one.outcome
        for one in _expose(less)
        if one.destination.family == "ip6" and one.zone.kind is not ZoneKind.NETWORK
    }
    assert found == {Outcome.MAY}


def test_a_member_of_a_network_may_be_told_from_the_others() -> None:
    edits = {Source.IPTABLES_NFT: _rule("FORWARD", "-s 172.17.0.2/32 -d 172.17.0.2/32 -j DROP")}
    table = _brief(_table(OLD, edits, ZoneChoice(containers=True)))
    assert "container:web → 172.17.0.2 1-65535: blocked none filter/FORWARD#1" in table
    assert "network:bridge → 172.17.0.2 1-65535: allowed direct filter/FORWARD#7" in table


def test_another_member_of_a_network_is_not_the_container_itself() -> None:
    for folder in (OLD, "28.5.2-iptables-nft/two-nets/04"):
        examples = [one.witness for one in _table(folder) if one.zone.kind is ZoneKind.NETWORK and one.witness]
        inside = [said for said in examples if said.split()[1].split(":")[0] == said.split()[3].split(":")[0]]
        assert examples
        assert inside == []


def test_an_example_from_a_network_says_where_its_sender_is_not_there_yet() -> None:
    alone = [one.witness for one in _table(OLD) if str(one.zone) == "network:bridge"]
    assert "tcp 172.17.0.3:40000 → 172.17.0.2:1 (no container has this sender's address yet)" in alone


def test_a_rule_about_the_container_as_sender_does_not_stop_the_other_members() -> None:
    edits = {Source.IPTABLES_NFT: _rule("FORWARD", "-s 172.17.0.2/32 -m conntrack --ctstate NEW -j DROP")}
    cells = [one for one in _table(OLD, edits) if str(one.zone) == "network:bridge"]
    assert {one.outcome for one in cells if one.destination.address == "172.17.0.2"} == {Outcome.ALLOWED}
    assert {one.reason for one in cells} == {None}


def test_the_host_sends_to_itself_as_the_address_that_it_sends_to() -> None:
    own = [one.witness for one in _table(OLD) if str(one.zone) == "host"]
    assert own[0] == "tcp 192.0.2.10:40000 → 192.0.2.10:8080"


@pytest.mark.parametrize("match", ["! -s 203.0.113.9/32", "-m addrtype --src-type LOCAL"])
def test_what_asks_for_the_sender_behind_source_nat_is_not_answered_with_the_old_one(match: str) -> None:
    drop = _rule("INPUT", f"-p tcp -m tcp --dport 5432 {match} -j DROP")
    new = _rule("POSTROUTING", "-o lo -p tcp -m tcp --dport 5432 -j SNAT --to-source 203.0.113.9", "nat")
    folder = "28.5.2-iptables-nft/loopback-port/01"
    outcomes = []

    def old(text: str) -> str:
        return drop("\n".join(line for line in text.split("\n") if "MASQUERADE" not in line))

    for edit in (old, lambda text: new(old(text))):
        cells = _table(folder, {Source.IPTABLES_NFT: edit})
        outcomes += [one.outcome for one in cells if (str(one.zone), one.destination.address) == ("host", "127.0.0.1")]
    assert outcomes == [Outcome.BLOCKED, Outcome.MAY]


SENDERS = [f"198.51.100.{number}/32" for number in range(3, 30, 2)]
RUNS = {
    "verdicts": (
        "filter/DOCKER-USER",
        [f"-s {one} -p tcp -m tcp --dport 80 -j DROP" for one in SENDERS]
        + ["-s 198.51.100.0/24 -p tcp -m tcp --dport 80 -j ACCEPT", "-p tcp -m tcp --dport 80 -j REJECT"],
    ),
    "destinations": (
        "nat/PREROUTING",
        [f"-s {one} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:81" for one in SENDERS]
        + ["-s 198.51.100.0/24 -p tcp -j DNAT --to-destination 172.17.0.2:80", "-p tcp -m tcp --dport 80 -j REDIRECT"],
    ),
    "sources": (
        "nat/POSTROUTING",
        [f"-s {one} -p tcp -m tcp --dport 80 -j MASQUERADE" for one in SENDERS]
        + ["-s 203.0.113.0/24 -p tcp -j SNAT --to-source 172.17.0.1"],
    ),
}


@pytest.mark.parametrize(("place", "rules"), RUNS.values(), ids=RUNS)
def test_a_long_run_of_rules_does_what_its_rules_do_one_by_one(place: str, rules: list[str]) -> None:
    table, _, chain = place.partition("/")
    apart = [one for rule in rules for one in (rule, "-m comment --comment apart -j LOG")]

    def tables(texts: list[str]) -> list[Exposure]:
        def edit(text: str) -> str:
            for rule in reversed(texts):
                text = _rule(chain, rule, table)(text)
            return text

        return [_unnumbered(one) for one in _table(OLD, {Source.IPTABLES_NFT: edit})]

    seen = tables(rules)
    assert seen == tables(apart)
    assert (seen == tables([])) is (chain == "POSTROUTING")  # a new source lets nobody reach more or less


def _unnumbered(cell: Exposure) -> tuple[Exposure, str, str]:
    """Leave out where a rule stands."""
    reason = describe_reason(cell.reason).partition("#")[0]
    return msgspec.structs.replace(cell, rule=None, reason=None), reason, cell.rule.text if cell.rule else ""


def test_a_macvlan_container_is_beside_the_hosts_rules() -> None:
    table = _table("20.10.24-iptables-nft/macvlan/02")
    assert {(str(one.zone), str(one.outcome)) for one in table} == {
        ("internet", "blocked"),
        ("lan:eth0", "may"),
        ("host", "blocked"),
    }
    assert all(one.rule is None for one in table)


@pytest.mark.parametrize("holder", ["rootlesskit", "slirp4netns", "pasta.avx2"])
def test_what_a_rootless_engine_publishes_is_not_called_closed(holder: str) -> None:
    edits: dict[str, Edit] = {
        Source.SOCKETS: lambda text: text.replace("docker-proxy", holder),
        **dict.fromkeys((Source.IPTABLES_NFT, Source.IP6TABLES_NFT), lambda _: ""),
        **dict.fromkeys((Source.IP_ADDR, Source.IP_ROUTE), lambda text: text.replace('"docker0"', '"br0"')),
    }
    found = {
        (one.destination.address, one.outcome, describe_reason(one.reason))
        for one in _table(NEW, edits)
        if str(one.zone) in ("lan:eth0", "host") and one.destination.container_name == "web"
    }
    beyond = f"{holder} leads out of what was recorded"
    assert found == {
        ("0.0.0.0", Outcome.MAY, beyond),
        ("::", Outcome.MAY, beyond),
        ("172.17.0.2", Outcome.MAY, "bridge docker0 is not on this host: no rule here sees it"),
    }


def _second_uplink(text: str) -> str:
    """Give eth1 a network of its own, and half of the default route."""
    routes = [one for one in json.loads(text) if one["dst"] != "default"]
    ways = [{"gateway": "192.0.2.1", "dev": "eth0"}, {"gateway": "203.0.113.1", "dev": "eth1"}]
    routes += [{"dst": "203.0.113.0/24", "dev": "eth1", "scope": "link"}, {"dst": "default", "nexthops": ways}]
    return json.dumps(routes)


def test_an_answer_that_the_kernel_sends_by_one_of_two_uplinks_is_in_doubt() -> None:
    interface = {
        "ifname": "eth1",
        "ifindex": 99,
        "flags": ["UP"],
        "addr_info": [{"local": "203.0.113.10", "prefixlen": 24, "scope": "global"}],
    }
    edits = {Source.IP_ADDR: lambda text: json.dumps([*json.loads(text), interface]), Source.IP_ROUTE: _second_uplink}
    found = {
        (str(one.zone), one.outcome, describe_reason(one.reason))
        for one in _table(NEW, edits)
        if one.destination.address == "0.0.0.0"
    }
    assert found >= {
        ("internet", Outcome.MAY, "the answer may be stopped: it leaves by one of several interfaces"),
        ("lan:eth0", Outcome.ALLOWED, ""),
    }


def test_the_same_host_gives_the_same_table() -> None:
    assert _table(NEW) == _table(NEW)


def test_an_example_comes_from_an_address_that_a_machine_can_have() -> None:
    edits = {Source.IPTABLES_NFT: _rule("DOCKER-USER", "-i eth0 ! -s 203.0.112.0/24 -j DROP")}
    first = _table(OLD, edits)[0]
    assert (first.outcome, first.witness.split()[1].split(".")[:3]) == (Outcome.ALLOWED, ["203", "0", "112"])
    assert first.witness.split(":")[0].rsplit(".", 1)[1] not in {"0", "255"}


def test_loopback_is_no_address_at_which_others_try_a_port_on_every_address() -> None:
    def alone(text: str) -> str:
        """Take all IPv6 addresses but loopback's and those of links."""
        links = json.loads(text)
        for one in links:
            one["addr_info"] = [held for held in one["addr_info"] if _stays(held)]
        return json.dumps(links)

    def _stays(held: dict[str, str]) -> bool:
        return held["family"] == "inet" or held["scope"] != "global"

    table = _table(NEW, {Source.IP_ADDR: alone})
    (found,) = (one for one in table if one.zone.kind is ZoneKind.LAN and one.destination.address == "::")
    assert (found.outcome, found.for_all, found.reason) == (Outcome.ALLOWED, True, None)
