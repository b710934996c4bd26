"""Rules that nothing in Docker's inventory asks for: stale with proof alone, else the operator's, or perhaps."""

import json

import pytest
from msgspec.structs import replace as changed
from small_hosts import BRIDGE, CATALOG, HAIRPIN, OPTIONS, container, dnat, of_rule, rules, show, snapshot
from synthetic.hosts import Ctr, End, Host, Net, Port
from synthetic.recording import facts

from netaudit.attribute import (
    Attribution,
    AttributionReason,
    AttributionReasonKind,
    Confidence,
    Standing,
    attribute_diff,
    attribute_snapshot,
)
from netaudit.model.docker import Network
from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host as KernelHost
from netaudit.model.host import HostAddress, Interface
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot

OPERATOR = "the operator or another program"
OUT = Network("c" * 64, "out", "bridge", "br-out", "172.30.0.0/24", masquerade=False)
MASQUERADE = "-A POSTROUTING -s 172.30.0.0/24 ! -o br-out -j MASQUERADE"
OTHERS = Interface("br-0123456789ab", "bridge", (HostAddress("10.99.0.1", 24),))


def _with(snap: Snapshot, *networks: Network, interfaces: tuple[Interface, ...] = (), version: str = "") -> Snapshot:
    assert snap.inventory
    inventory = changed(snap.inventory, networks=(BRIDGE, *networks), version=version or snap.inventory.version)
    return changed(snap, inventory=inventory, host=KernelHost(interfaces=interfaces))


def _is_doubtful(found: Attribution) -> bool:
    named = {cause.name for cause in found.causes}
    return (found.confidence, found.standing) == (Confidence.AMBIGUOUS, Standing.FOREIGN) and OPERATOR in named


@pytest.mark.parametrize(
    "rule",
    [
        MASQUERADE,
        "-A POSTROUTING -s 172.30.0.0/24 ! -o br-out -j SNAT --to-source 192.0.2.10",
        "-A POSTROUTING -o br-out -m addrtype --src-type LOCAL -j MASQUERADE",
    ],
)
def test_an_own_translation_for_a_network_is_not_called_stale(rule: str) -> None:
    shown = show(_with(snapshot(rules(nat=(rule,))), OUT))
    assert _is_doubtful(of_rule(shown, rule))
    assert shown.defects == ()


def test_a_network_whose_bridge_bears_its_id_was_never_written_what_its_options_exclude() -> None:
    network = changed(OUT, bridge="br-cccccccccccc")
    rule = MASQUERADE.replace("br-out", network.bridge)
    found = of_rule(show(_with(snapshot(rules(nat=(rule,))), network)), rule)
    assert (found.maker, found.reason) == (
        "operator",
        AttributionReason(AttributionReasonKind.NETWORK_EXCLUDES_IT, "out"),
    )


def test_a_rule_that_came_unasked_between_two_recordings_is_the_operators() -> None:
    before, after = _with(snapshot(rules()), OUT), _with(snapshot(rules(nat=(MASQUERADE,))), OUT)
    diff = attribute_diff(before, after, CATALOG)
    (change,) = diff.changes
    assert (change.attribution.maker, change.attribution.reason) == (
        "operator",
        AttributionReason(AttributionReasonKind.APPEARED_UNASKED),
    )
    assert diff.defects == ()


def test_what_was_expected_before_is_stale_by_its_history() -> None:
    before = _with(snapshot(rules(nat=(MASQUERADE,))), changed(OUT, masquerade=True))
    diff = attribute_diff(before, _with(snapshot(rules(nat=(MASQUERADE,))), OUT), CATALOG)
    assert [(one.item.text, one.attribution.standing) for one in diff.defects] == [(MASQUERADE, Standing.STALE)]


HANDS = [
    "-A FORWARD -i docker0 -j ACCEPT",
    "-A FORWARD -o docker0 -j DOCKER",
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
    "-A FORWARD -i docker0 -o docker0 -j DROP",
]


@pytest.mark.parametrize("family", ["ip", "ip6"])
@pytest.mark.parametrize("rule", HANDS)
@pytest.mark.parametrize("version", ["28.0.4", "28.5.2", "29.7.2"])
def test_a_forward_rule_that_the_engine_deletes_when_it_starts_was_typed_since(
    rule: str, family: str, version: str
) -> None:
    source = {"ip": Source.IPTABLES_NFT, "ip6": Source.IP6TABLES_NFT}[family]
    recorded = facts(Host(version, nets=(Net("bridge", "docker0", "172.17.0.0/16"),)))
    text = recorded.files[source].decode().replace("-A FORWARD -j DOCKER-USER", f"-A FORWARD -j DOCKER-USER\n{rule}", 1)
    shown = attribute_snapshot(
        parse_snapshot(Facts({**recorded.files, source: text.encode()}, unused=recorded.unused)), CATALOG
    )
    (found,) = (one.attribution for one in shown.items if one.item.text == rule)
    assert (found.maker, found.standing) == ("operator", Standing.FOREIGN)
    assert shown.defects == ()


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5", "27.5.1"])
def test_on_an_engine_that_deletes_nothing_a_forward_rule_of_another_version_is_ambiguous(version: str) -> None:
    rule = "-A FORWARD -i docker0 -j ACCEPT"
    shown = show(_with(snapshot(rules(filter_=(rule,))), version=version))
    found = of_rule(shown, rule)
    assert _is_doubtful(found)
    assert found.reason == AttributionReason(AttributionReasonKind.TYPED_OR_OTHER_ENGINE, version)


def test_under_a_daemon_that_writes_no_rules_the_operators_are_not_called_stale() -> None:
    options = changed(OPTIONS, iptables=False)
    shown = show(snapshot(rules(nat=(dnat(8080), HAIRPIN)), container(), options=options))
    own = [one.attribution for one in shown.items if one.attribution.maker == "docker" and one.item.position]
    assert own
    assert all(map(_is_doubtful, own))
    assert shown.defects == ()


def test_what_it_left_for_a_container_that_is_gone_is_stale_still() -> None:
    shown = show(snapshot(rules(nat=(dnat(8080),)), options=changed(OPTIONS, iptables=False)))
    assert [one.item.text for one in shown.defects] == [dnat(8080)]


SECOND = {
    "nat": (
        "-A POSTROUTING -s 10.99.0.0/24 ! -o br-0123456789ab -j MASQUERADE",
        "-A DOCKER -i br-0123456789ab -j RETURN",
        "-A DOCKER ! -i br-0123456789ab -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.99.0.2:80",
        "-A DOCKER -p tcp -m tcp --dport 82 -j DNAT --to-destination 10.99.0.2:80",
    ),
    "filter_": (
        "-A FORWARD -i br-0123456789ab ! -o br-0123456789ab -j ACCEPT",
        "-A DOCKER -d 10.99.0.2/32 ! -i br-0123456789ab -o br-0123456789ab -p tcp -m tcp --dport 80 -j ACCEPT",
    ),
}


@pytest.mark.parametrize("bridge", ["br-0123456789ab", "br-second"])
def test_a_second_daemons_live_rules_are_not_called_stale(bridge: str) -> None:
    second = {table: tuple(one.replace(OTHERS.name, bridge) for one in texts) for table, texts in SECOND.items()}
    interface = changed(OTHERS, name=bridge)
    shown = show(_with(snapshot(rules(**second)), interfaces=(interface,)))
    assert shown.defects == ()
    found = [of_rule(shown, text) for texts in second.values() for text in texts if "DOCKER" in text]
    assert all(map(_is_doubtful, found))
    reason = AttributionReason(AttributionReasonKind.BRIDGE_ELSEWHERE, bridge)
    assert {one.reason for one in found} == {reason}


def test_where_the_bridge_is_gone_from_the_host_too_such_rules_are_stale() -> None:
    loopback = Interface("lo", addresses=(HostAddress("127.0.0.1", 8, "host"),))
    shown = show(_with(snapshot(rules(**SECOND)), interfaces=(loopback,)))
    assert {one.attribution.standing for one in shown.defects} == {Standing.STALE}
    assert len(shown.defects) == 5


COPIED = [  # from answers on the web: how to publish a port of a container that runs
    ("nat", "-A DOCKER -p tcp -m tcp --dport 8001 -j DNAT --to-destination 172.17.0.2:8000"),
    ("nat", "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 8000 -j MASQUERADE"),
]


@pytest.mark.parametrize(("table", "rule"), COPIED)
def test_a_port_published_by_hand_for_a_running_container_is_not_called_stale(table: str, rule: str) -> None:
    assert table == "nat"
    shown = show(snapshot(rules(nat=(rule,)), container()))
    assert _is_doubtful(of_rule(shown, rule))


# ---- what engine 29 writes beside its rules for networks and ports -------------------------------------------------


def test_the_mark_that_one_network_took_along_is_missing() -> None:
    host = Host("29.7.2", nets=(Net("bridge", "docker0", "172.17.0.0/16"),), fwmark="0x1")
    recorded = facts(host)
    rule = "-A DOCKER-FORWARD -m mark --mark 0x1 -j ACCEPT"
    assert attribute_snapshot(parse_snapshot(recorded), CATALOG).missing == ()
    text = recorded.files[Source.IPTABLES_NFT].decode()
    assert text.count(rule) == 1
    without = "".join(line for line in text.splitlines(keepends=True) if rule not in line).encode()
    shown = attribute_snapshot(
        parse_snapshot(Facts({**recorded.files, Source.IPTABLES_NFT: without}, unused=recorded.unused)), CATALOG
    )
    assert [one.item.text for one in shown.missing] == [rule]


def _nft(table: str, chain: str, *expressions: object) -> dict[str, object]:
    return {"rule": {"family": "ip", "table": table, "chain": chain, "expr": list(expressions)}}


def _is(protocol: str, field: str, value: object) -> dict[str, object]:
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": field}}, "right": value}}


def _chain(name: str, hook: str, priority: int) -> dict[str, object]:
    return {
        "chain": {"family": "ip", "table": "docker-dns", "name": name, "type": "nat", "hook": hook, "prio": priority}
    }


DNS: list[object] = [  # as nft 1.1.7 prints what engine 29.7.2 makes
    {"table": {"family": "ip", "name": "docker-dns"}},
    _chain("dns-dnat", "output", -100),
    _chain("dns-snat", "postrouting", 100),
    _nft(
        "docker-dns",
        "dns-dnat",
        _is("ip", "daddr", "127.0.0.11"),
        _is("udp", "dport", 53),
        {"counter": {}},
        {"dnat": {"addr": "127.0.0.11", "port": 39261}},
    ),
    _nft(
        "docker-dns",
        "dns-snat",
        _is("ip", "saddr", "127.0.0.11"),
        _is("tcp", "sport", 40001),
        {"counter": {}},
        {"snat": {"port": 53}},
    ),
]


def test_the_way_to_embedded_dns_is_dockers_under_the_nftables_backend_too() -> None:
    host = Host(
        "29.7.2",
        nets=(Net("bridge", "docker0", "172.17.0.0/16"),),
        ctrs=(Ctr("web", (End("bridge", "172.17.0.2"),), (Port("0.0.0.0", 8080, 80),)),),
    )
    recorded = facts(host)
    snap = parse_snapshot(recorded)
    assert snap.inventory
    inside = {snap.inventory.containers[0].id: {Source.NFT_RULESET: json.dumps({"nftables": DNS})}}
    files = {**recorded.files, Source.INSIDE: json.dumps(inside).encode()}
    (shown,) = attribute_snapshot(parse_snapshot(Facts(files, unused=recorded.unused)), CATALOG).inside
    found = {one.item.text: one.attribution for one in shown.items if one.item.position}
    assert [one.signature for one in found.values()] == [
        "docker-inside-nftables/dns-dnat",
        "docker-inside-nftables/dns-snat",
    ]
    assert {str(cause) for one in found.values() for cause in one.causes} == {"the embedded DNS of container web"}


def test_a_swarms_mesh_is_expected_in_iptables_beside_the_nftables_backend() -> None:
    gwbridge = Net("docker_gwbridge", "docker_gwbridge", "172.18.0.0/16", icc=False)
    nets = (Net("bridge", "docker0", "172.17.0.0/16"), gwbridge)
    mesh = facts(Host("29.7.2", nets=nets, swarm=True, services=(("tcp", 8080),)))
    kept = [
        line
        for line in mesh.files[Source.IPTABLES_NFT].decode().splitlines()
        if line[0] in "*C" or ("INGRESS" in line and "DOCKER-FORWARD" not in line)
    ]
    saved = ("\n".join(kept) + "\n").encode()
    info = {**json.loads(mesh.files[Source.DOCKER_INFO]), "FirewallBackend": {"Driver": "nftables"}}
    files = {
        **mesh.files,
        Source.IPTABLES_NFT: saved,
        Source.IP6TABLES_NFT: b"",
        Source.DOCKER_INFO: json.dumps(info).encode(),
    }
    shown = attribute_snapshot(parse_snapshot(Facts(files, unused=mesh.unused)), CATALOG)
    own = [one for one in shown.items if "INGRESS" in one.item.text and one.item.position]
    assert len(own) >= 4
    assert {one.attribution.standing for one in own} == {Standing.EXPECTED}
    assert shown.defects == ()


def test_without_docker_its_nftables_tables_are_dockers() -> None:
    forward = {"family": "ip", "table": "docker-bridges", "name": "filter-FORWARD", "type": "filter", "hook": "forward"}
    listing = [
        {"table": {"family": "ip", "name": "docker-bridges"}},
        {"chain": {**forward, "prio": 0, "policy": "accept"}},
        _nft(
            "docker-bridges",
            "filter-FORWARD",
            {"vmap": {"key": {"meta": {"key": "oifname"}}, "data": "@filter-forward-in-jumps"}},
        ),
    ]
    snap = parse_snapshot(Facts({Source.NFT_RULESET: json.dumps({"nftables": listing}).encode()}))
    (found,) = (one.attribution for one in attribute_snapshot(snap, CATALOG).items if one.item.position)
    assert (found.maker, found.confidence) == ("docker", Confidence.LIKELY)
