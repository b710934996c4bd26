"""Policies held against recorded hosts of every engine and backend."""

import datetime as dt
from functools import cache
from pathlib import Path

import msgspec
import pytest
from sampling import sampled

from netaudit.api.rules import shipped_catalog
from netaudit.model.docker import Container
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.hold import Holder
from netaudit.policy.trying import Tried, without_rule
from netaudit.policy.verdict import Judged, Lack, Verdict
from netaudit.report.terminal.assertion import render_tried
from netaudit.report.terminal.style import Style
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
HOLDER = Holder(shipped_catalog(), dt.date(2026, 11, 27))
ENGINES = (
    "20.10.24-iptables-legacy",
    "20.10.24-iptables-nft",
    "26.1.5-iptables-nft",
    "28.5.2-iptables-legacy",
    "28.5.2-iptables-nft",
)
ONE_PORT = {engine: f"{engine}/default-one-port/01" for engine in ENGINES}


@cache
def _host(name: str) -> Snapshot:
    return parse_snapshot(load(RECORDINGS / name))


def _judged(host: Snapshot, *sentences: str) -> list[Judged]:
    entries = tuple(parse_entry(one) for one in sentences)
    return list(HOLDER.hold(host, Policy(entries)).assertion.judged)


def _verdicts(host: Snapshot, *sentences: str) -> dict[str, Verdict]:
    return {one.entry.text: one.verdict for one in _judged(host, *sentences)}


KINDS = {
    "internet can reach web:80/tcp": Verdict.HOLDS,
    "internet can reach only web:80/tcp": Verdict.HOLDS,
    "internet can reach only web:81/tcp": Verdict.BROKEN,
    "internet cannot reach web": Verdict.BROKEN,
    "internet cannot reach web:81/tcp": Verdict.HOLDS,
    "internet cannot reach web/udp": Verdict.HOLDS,
    "internet cannot reach anything but web:80/tcp": Verdict.HOLDS,
    "internet cannot reach anything": Verdict.BROKEN,
    "internet can reach web:81/tcp": Verdict.BROKEN,
    "lan and internet can reach container:web:80/tcp over ipv4": Verdict.HOLDS,
    "nothing reaches web": Verdict.BROKEN,
    "nothing reaches web but internet, lan": Verdict.HOLDS,
    "nothing reaches web but internet": Verdict.BROKEN,
    "only internet and lan can reach web:80/tcp": Verdict.HOLDS,
    "only lan can reach web:80/tcp": Verdict.BROKEN,
    "lan(192.0.2.0/24) can reach web:80/tcp": Verdict.HOLDS,
    "nothing reaches web but internet, lan(192.0.2.0/24), 2001:db8::/64, fe80::/10": Verdict.HOLDS,
    "nothing reaches web but internet, lan(192.0.2.0/25), 2001:db8::/64, fe80::/10": Verdict.BROKEN,
    "host can reach web:80/tcp": Verdict.HOLDS,
    "internet can reach web:80/tcp, wbe:443/tcp": Verdict.VACUOUS,
    "internet cannot reach service:web": Verdict.VACUOUS,
    "nothing reaches web but label:tier=app": Verdict.VACUOUS,
    "lan:eth7 can reach web": Verdict.VACUOUS,
}


@pytest.mark.parametrize("engine", sampled(ENGINES, ("28.5.2-iptables-nft",)))
def test_every_kind_of_entry_has_its_verdict(engine: str) -> None:
    assert _verdicts(_host(ONE_PORT[engine]), *KINDS) == KINDS


def test_an_engine_with_the_nftables_backend_is_judged_by_its_rules() -> None:
    host = _host("29.7.2-nftables/routed-second-network/04")
    (judged,) = _judged(host, "lan cannot reach anything")
    assert judged.cells
    assert {str(one.exposure.rule.backend) for one in judged.cells if one.exposure.rule} == {"nftables"}


def test_a_broken_entry_names_the_rule_and_a_packet() -> None:
    (judged,) = _judged(_host(ONE_PORT["28.5.2-iptables-nft"]), "internet cannot reach web over ipv4")
    (cell,) = judged.cells
    assert cell.exposure.rule
    assert cell.exposure.rule.where == "filter/DOCKER#1"
    assert [str(cause) for cause in cell.attribution.causes] == ["web 0.0.0.0:8080 → 80/tcp on network bridge"]
    assert cell.exposure.witness == "tcp 198.51.100.7:40000 → 192.0.2.10:8080"


def test_what_is_demanded_and_stopped_names_what_stops_it() -> None:
    (judged,) = _judged(_host(ONE_PORT["28.5.2-iptables-nft"]), "internet can reach web:81/tcp over ipv4")
    (unmet,) = judged.unmet
    assert (unmet.sender, unmet.target) == ("internet", "web:81/tcp")
    assert unmet.cell
    assert unmet.cell.exposure.reason


def test_members_of_two_networks_are_isolated_until_a_port_leads_from_one_to_the_other() -> None:
    apart = _host("28.5.2-iptables-nft/two-nets/04")
    sentences = ("networks nc and nd are isolated", "networks nc and nd are isolated but i1, i2", "i1 cannot reach i2")
    found = _verdicts(apart, *sentences)
    assert found == {sentences[0]: Verdict.BROKEN, sentences[1]: Verdict.HOLDS, sentences[2]: Verdict.BROKEN}


def test_members_of_two_networks_are_not_called_isolated_where_rules_were_not_recorded() -> None:
    gaps = (Gap(Source.NFT_RULESET, GapReason.TIMEOUT, ""),)
    unseen = msgspec.structs.replace(_host("28.5.2-iptables-nft/two-nets/04"), gaps=gaps)
    (judged,) = _judged(unseen, "networks nc and nd are isolated but i1, i2")
    assert judged.verdict is Verdict.UNDECIDED
    assert [dict(one.args)["source"] for one in judged.missing] == [Source.NFT_RULESET]


@pytest.mark.parametrize("sender", ["i2", "network:nd"])
def test_who_sends_no_packets_of_a_family_reaches_nothing_by_it(sender: str) -> None:
    (judged,) = _judged(_host("28.5.2-iptables-nft/two-nets/04"), f"{sender} can reach i1:80/tcp over ipv6")
    assert (judged.verdict, len(judged.unmet)) == (Verdict.BROKEN, 1)


def _with(host: Snapshot, **fields: object) -> Snapshot:
    return msgspec.structs.replace(host, **fields)


def _renamed(host: Snapshot, **fields: object) -> Snapshot:
    assert host.inventory
    containers = tuple(msgspec.structs.replace(one, **fields) for one in host.inventory.containers)
    return _with(host, inventory=msgspec.structs.replace(host.inventory, containers=containers))


def test_containers_are_found_by_service_project_label_network_and_pattern() -> None:
    labels = (("com.docker.compose.project", "shop"), ("com.docker.compose.service", "front"), ("tier", "web"))
    host = _renamed(_host(ONE_PORT["28.5.2-iptables-nft"]), labels=labels)
    names = ("service:front", "front", "project:shop", "label:tier", "label:tier=web", "network:bridge", "w*", "web")
    sentences = [f"internet can reach {name}:80/tcp" for name in names]
    assert set(_verdicts(host, *sentences).values()) == {Verdict.HOLDS}


def test_a_container_that_does_not_run_is_named() -> None:
    host = _renamed(_host(ONE_PORT["28.5.2-iptables-nft"]), running=False)
    (judged,) = _judged(host, "internet cannot reach web")
    assert (judged.verdict, judged.unmatched[0].lack) == (Verdict.VACUOUS, Lack.STOPPED)


def test_a_container_in_the_host_s_network_sends_as_the_host_does() -> None:
    host = _host(ONE_PORT["28.5.2-iptables-nft"])
    assert host.inventory
    monitor = Container("f" * 64, "monitor", running=True, network_mode="host")
    known = msgspec.structs.replace(host.inventory, containers=(*host.inventory.containers, monitor))
    sentences = ("nothing reaches web but internet, lan", "nothing reaches web but internet, lan, monitor")
    found = _verdicts(_with(host, inventory=known), *sentences)
    assert found == {sentences[0]: Verdict.BROKEN, sentences[1]: Verdict.HOLDS}


def test_an_entry_that_ended_does_not_pass() -> None:
    entry = msgspec.structs.replace(parse_entry("internet can reach web"), until=dt.date(2026, 11, 26))
    (judged,) = HOLDER.hold(_host(ONE_PORT["28.5.2-iptables-nft"]), Policy((entry,))).assertion.judged
    assert (judged.verdict, judged.unmatched[0].lack) == (Verdict.VACUOUS, Lack.ENDED)
    today = msgspec.structs.replace(entry, until=dt.date(2026, 11, 27))
    (judged,) = HOLDER.hold(_host(ONE_PORT["28.5.2-iptables-nft"]), Policy((today,))).assertion.judged
    assert judged.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (Source.DOCKER_CONTAINERS, "internet cannot reach web:81/tcp"),
        (Source.SOCKETS, "internet cannot reach host:22/tcp"),
        (Source.IP_ADDR, "internet cannot reach web:81/tcp"),
        (Source.IP_ROUTE, "internet cannot reach web:81/tcp"),
    ],
)
def test_a_fact_that_was_not_recorded_leaves_an_entry_undecided(source: Source, sentence: str) -> None:
    facts = load(RECORDINGS / ONE_PORT["28.5.2-iptables-nft"])
    files = {name: data for name, data in facts.files.items() if name != source}
    host = parse_snapshot(msgspec.structs.replace(facts, files=files, gaps=(Gap(source, GapReason.DENIED, ""),)))
    (judged,) = _judged(host, sentence)
    assert judged.verdict is Verdict.UNDECIDED
    assert judged.missing


_FORBIDDING = (
    "internet cannot reach anything",
    "internet cannot reach {0}:9/tcp",
    "nothing reaches {0}",
    "nothing reaches {0} but internet, lan, anything",
    "only internet can reach {0}",
    "lan can reach only {0}",
    "nothing reaches host over ipv4",
)


@pytest.mark.parametrize(
    ("recording", "name"),
    [("bad/stale-dnat-address-reused/before", "new"), ("bad/database-on-every-address/after", "db")],
)
def test_no_entry_that_forbids_holds_because_something_was_not_recorded(recording: str, name: str) -> None:
    facts = load(RECORDINGS / recording)
    entries = tuple(one.format(name) for one in _FORBIDDING)
    beside = (
        Source.DOCKER_VERSION,
        Source.DOCKER_INFO,
        Source.DOCKERD_ARGV,
    )  # who reaches what does not depend on them
    for source in facts.files.keys() - set(beside):
        files = {one: data for one, data in facts.files.items() if one != source}
        gap = Gap(source, GapReason.NOT_RECORDED, "")
        found = _verdicts(parse_snapshot(msgspec.structs.replace(facts, files=files, gaps=(gap,))), *entries)
        kept = {sentence for sentence, verdict in found.items() if verdict is Verdict.HOLDS}
        # which sockets are open concerns the host alone, and rules of IPv6 nothing that is asked of IPv4
        assert kept <= {Source.SOCKETS: set(entries[1:5])}.get(source, set(entries[6:] if "6" in source else ())), (
            source
        )


def test_a_host_without_an_engine_is_judged_by_its_own_rules() -> None:
    found = _verdicts(_host("makers/ufw/enabled"), "internet cannot reach host:1/tcp", "nothing reaches web")
    assert found == {"internet cannot reach host:1/tcp": Verdict.HOLDS, "nothing reaches web": Verdict.UNDECIDED}


def test_rules_that_were_not_recorded_leave_what_is_open_undecided() -> None:
    facts = load(RECORDINGS / ONE_PORT["28.5.2-iptables-nft"])
    lost = (Source.IPTABLES_NFT, Source.IP6TABLES_NFT, Source.NFT_RULESET)
    files = {name: data for name, data in facts.files.items() if name not in lost}
    gaps = tuple(Gap(source, GapReason.DENIED, "") for source in lost)
    host = parse_snapshot(msgspec.structs.replace(facts, files=files, gaps=gaps))
    found = _verdicts(host, "internet cannot reach web:80/tcp", "internet can reach web:80/tcp")
    assert set(found.values()) == {Verdict.UNDECIDED}


def test_what_is_open_and_no_entry_speaks_of_is_listed() -> None:
    host = _host(ONE_PORT["28.5.2-iptables-nft"])

    def uncovered(*sentences: str) -> set[str]:
        held = HOLDER.hold(host, Policy(tuple(parse_entry(one) for one in sentences))).assertion
        return {str(one.exposure.zone) for one in held.uncovered}

    neighbours = {"lan:eth0", "network:bridge"}
    assert uncovered("internet cannot reach web:81/tcp") == {"internet", *neighbours}
    assert uncovered("internet can reach only web:80/tcp") == neighbours
    assert uncovered("internet, lan, network:bridge can reach web") == set()


@pytest.mark.matrix
def test_the_rules_that_an_entry_rests_on_are_found_by_trying_each() -> None:
    host = _host("28.5.2-iptables-nft/user-net-internal/02")
    assert host.inventory
    sentence = parse_entry("internet can reach web:80/tcp over ipv4")
    served = _host(ONE_PORT["28.5.2-iptables-nft"])
    tried = HOLDER.explain(served, sentence)
    assert tried.left == 0
    assert {(one.rule.where, one.verdict) for one in tried.losses} >= {("filter/DOCKER#1", Verdict.BROKEN)}
    for loss in tried.losses:
        assert loss.rule.object is ObjectKind.RULE
        assert _verdicts(without_rule(served, loss.rule), sentence.text) == {sentence.text: loss.verdict}


def test_rules_that_were_not_tried_are_not_said_to_change_nothing() -> None:
    policy = Policy((parse_entry("internet can reach web"),))
    (judged,) = HOLDER.hold(_host(ONE_PORT["28.5.2-iptables-nft"]), policy).assertion.judged
    said = render_tried(Tried(judged, (), 3, 7), Style(width=200))
    assert "of 3 rules that were tried, no single one's loss changes this" in said
    assert "not known of 7 more rules: they were not tried" in said
    assert "no single rule's loss changes this" in render_tried(Tried(judged, (), 10, 0), Style())
