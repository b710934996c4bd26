"""Why something is there: a rule, a container, a network, a signature; and why nothing is."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from small_hosts import ACCEPT, BRIDGE, CATALOG, HAIRPIN, container, dnat, rules, snapshot

from netaudit.attribute.explain.explanation import (
    ContainerExplained,
    NetworkExplained,
    RuleExplained,
    SignatureExplained,
    explain,
)
from netaudit.attribute.explain.networking import find_networking
from netaudit.attribute.explain.no_rules import NoRule, NoRuleKind, RulesWritten, explain_no_rules
from netaudit.errors import SubjectError
from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, Network, PortBinding
from netaudit.model.host import Host, Listener
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.report.terminal.explain.explanation import render_explanations
from netaudit.report.text.networking import describe_network, describe_networking
from netaudit.report.text.no_rules import describe_no_rule
from netaudit.store import load

PUBLISHED = snapshot(rules(nat=(HAIRPIN, dnat(8080)), filter_=(ACCEPT,)), container(8080))


def _explain(subject: str, snap: Snapshot = PUBLISHED) -> tuple[object, ...]:
    return explain(subject, snap, CATALOG)


# ---- rules --------------------------------------------------------------------------------------------------------


def test_a_rule_is_named_by_table_chain_and_position() -> None:
    (explained,) = _explain("nat/DOCKER#2")
    assert isinstance(explained, RuleExplained)
    assert (explained.one.item.text, explained.engine) == (dnat(8080), "20.10.24")
    assert explained.without == "The port is reachable through docker-proxy only."


def test_a_chain_is_all_its_rules_and_its_policy() -> None:
    found = [one.one.item.text for one in _explain("filter/FORWARD") if isinstance(one, RuleExplained)]
    assert (found[0], len(found)) == (":FORWARD DROP", 7)


def test_a_family_before_the_table_chooses() -> None:
    assert len(_explain("ip:nat/DOCKER#2")) == 1
    with pytest.raises(SubjectError):
        _explain("ip6:nat/DOCKER#2")


@pytest.mark.parametrize(
    "subject", ["nat/DOCKER#9", "nat/NOWHERE", "mangle/DOCKER", "", "#", "nat/", "docker-iptables/none"]
)
def test_what_is_not_there_is_said(subject: str) -> None:
    with pytest.raises(SubjectError) as caught:
        _explain(subject)
    assert caught.value.message == f"nothing here is called {subject}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("subject", "meant"),
    [
        ("wbe", "web"),
        ("brigde", "bridge"),
        ("nat/DOKCER#2", "nat/DOCKER"),
        ("nat/DOCKER#9", "nat/DOCKER"),
        ("docker-iptables/port-dant", "docker-iptables/port-dnat"),
    ],
)
def test_what_was_probably_meant_is_said(subject: str, meant: str) -> None:
    with pytest.raises(SubjectError) as caught:
        _explain(subject)
    assert caught.value.hint == f"did you mean {meant}?"


def test_what_is_near_nothing_has_no_likeness() -> None:
    with pytest.raises(SubjectError) as caught:
        _explain("zzz")
    assert caught.value.hint.endswith("`netaudit show` lists them")


# ---- containers and networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["web", container().id, container().id[:12]])
def test_a_container_is_named_by_its_name_or_id(subject: str) -> None:
    (explained,) = _explain(subject)
    assert isinstance(explained, ContainerExplained)
    assert [one.item.text for one in explained.rules] == [HAIRPIN, dnat(8080), ACCEPT]
    words = ["on default bridge bridge as 172.17.0.2", "publishes 0.0.0.0:8080 → 80/tcp"]
    assert list(describe_networking(explained.networking)) == words
    assert (explained.container.name, explained.missing, explained.no_rules) == ("web", (), ())


def test_a_short_id_is_no_name() -> None:
    with pytest.raises(SubjectError):
        _explain(container().id[:8])


def test_a_container_is_explained_with_its_missing_rules() -> None:
    (explained,) = _explain("web", snapshot(rules(nat=(HAIRPIN, dnat(8080))), container(8080)))
    assert isinstance(explained, ContainerExplained)
    assert [one.item.text for one in explained.missing] == [ACCEPT]


def test_a_network_is_explained_with_its_rules() -> None:
    (explained,) = _explain("bridge")
    assert isinstance(explained, NetworkExplained)
    assert describe_network(explained.network) == "bridge network on the interface docker0, 172.17.0.0/16"
    assert "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" in [one.item.text for one in explained.rules]


def test_a_network_that_docker_writes_no_rules_for_says_so() -> None:
    snap = snapshot(rules())
    assert snap.inventory
    lan = Network(id="d" * 64, name="lan", driver="macvlan")
    (explained,) = _explain("lan", replace(snap, inventory=replace(snap.inventory, networks=(BRIDGE, lan))))
    assert isinstance(explained, NetworkExplained)
    text = render_explanations([explained], 200)
    assert text.endswith("  No rule exists because of it: Docker writes rules for bridge networks only.\n")


def test_a_signature_is_explained_with_the_rules_that_bear_it() -> None:
    (explained,) = _explain("docker-iptables/port-dnat")
    assert isinstance(explained, SignatureExplained)
    assert [one.item.text for one in explained.rules] == [dnat(8080)]


def test_what_a_maker_owns_by_name_is_explained_too() -> None:
    (found,) = _explain("libvirt/chain-forward-in", snapshot(rules()))
    assert isinstance(found, SignatureExplained)
    assert (found.signature.maker, found.rules) == ("libvirt", ())
    assert "every chain that matches LIBVIRT_FWI" in render_explanations([found], 80)


# ---- no rules -----------------------------------------------------------------------------------------------------

LAN = Network(id="d" * 64, name="lan", driver="macvlan")
CLOSED = replace(BRIDGE, id="e" * 64, name="closed", internal=True, default=False)
BARE = Host()
V6 = PortBinding("tcp", "::", 8080, 80)


NOTHING = RulesWritten(frozenset(), frozenset({"ip", "ip6"}))
UNPROTECTED = replace(BRIDGE, id="1" * 64, name="open", mode4=GatewayMode.NAT_UNPROTECTED, default=False)
ROUTED = replace(UNPROTECTED, id="2" * 64, name="routed", mode4=GatewayMode.ROUTED)
MESH = Network(id="3" * 64, name="mesh", driver="overlay")
PLUGIN = Network(id="4" * 64, name="fabric", driver="weave")
NETWORKS = (BRIDGE, LAN, CLOSED, UNPROTECTED, ROUTED, MESH, PLUGIN)


def _no_rules(
    one: Container, version: str = "20.10.24", host: Host = BARE, written: RulesWritten = NOTHING
) -> list[str]:
    inventory = Inventory(version, networks=NETWORKS, containers=(one, container(name="base")))
    return list(map(describe_no_rule, explain_no_rules(one, inventory, host, written)))


def _on(network: Network) -> Container:
    return replace(container(), endpoints=(Endpoint(network.id, network.name, ipv4="192.0.2.2"),))


def test_a_container_with_rules_needs_no_reason() -> None:
    assert _no_rules(container(8080), written=RulesWritten(frozenset({"ip"}), frozenset({"ip"}))) == []


@pytest.mark.parametrize(
    ("one", "begins"),
    [
        (container(8080, running=False), "It has no rule, for Docker writes rules for running containers only."),
        (replace(container(), network_mode="none", endpoints=()), "It has no rule and needs none: "),
        (
            replace(container(), network_mode="host", endpoints=()),
            "It has no rule: every port it listens on is a port of",
        ),
        (
            replace(container(), network_mode="container:" + container(name="base").id, endpoints=()),
            "It has no rule of its own: whatever base publishes leads to its ports too; explain base",
        ),
        (_on(LAN), "On lan (macvlan) its packets pass the parent interface and no rule of this host"),
        (_on(MESH), "On mesh (overlay) its packets travel between the hosts of the swarm"),
        (_on(PLUGIN), "On fabric its packets are left to the driver weave"),
        (
            _on(UNPROTECTED),
            "open is in gateway mode nat-unprotected: every port it listens on, published or not, is open",
        ),
        (_on(ROUTED), "routed is in gateway mode routed: its published ports have no host port"),
        (_on(CLOSED), "It has no rule of its own: an internal network publishes nothing"),
        (container(), "It publishes nothing, so this engine writes no rule for it"),
        (container(8080), "It publishes ports, yet has no rule: docker-proxy alone serves them."),
        (replace(container(), bindings=(V6,)), "The binding [::]:8080 → 80/tcp has no rule: the container has no IPv6"),
    ],
    ids=[
        "stopped",
        "none",
        "host",
        "container",
        "macvlan",
        "overlay",
        "plugin",
        "unprotected",
        "routed",
        "internal",
        "unpublished",
        "published",
        "proxy only",
    ],
)
def test_every_kind_of_networking_says_why_it_has_no_rule(one: Container, begins: str) -> None:
    assert [sentence for sentence in _no_rules(one) if sentence.startswith(begins)] != []


def test_a_newer_engine_writes_a_rule_for_every_endpoint() -> None:
    (sentence,) = _no_rules(container(), "28.5.2")
    assert "this engine writes one for every endpoint in gateway mode nat, unless it was told" in sentence


def test_a_newer_engine_writes_none_for_an_endpoint_that_is_not_in_mode_nat() -> None:
    assert _no_rules(_on(ROUTED), "28.5.2")[-1].startswith("It publishes nothing, so this engine writes no rule")


def test_where_nothing_of_dockers_is_there_nothing_protects_it() -> None:
    (sentence,) = _no_rules(container(8080), written=RulesWritten(frozenset(), frozenset()))
    assert sentence.startswith(
        "No rule of Docker's is here: they were flushed, the engine was told --iptables=false, or"
    )


def test_an_engine_without_ip6tables_leaves_ipv6_open() -> None:
    six = replace(container(8080), endpoints=(Endpoint(BRIDGE.id, "bridge", "172.17.0.2", "2001:db8::2"),))
    (sentence,) = _no_rules(six, written=RulesWritten(frozenset({"ip"}), frozenset({"ip"})))
    assert "every port it listens on at 2001:db8::2 is open" in sentence


def test_a_container_that_shares_the_network_of_one_on_the_host_is_on_the_host_too() -> None:
    base = replace(container(name="base"), network_mode="host", endpoints=())
    guest = replace(container(), network_mode=f"container:{base.id}", endpoints=())
    inventory = Inventory("28.5.2", containers=(base, guest))
    assert list(explain_no_rules(guest, inventory, BARE, NOTHING)) == [NoRule(NoRuleKind.HOST_NETWORK)]


def test_a_routed_port_has_no_host_port() -> None:
    one = replace(container(), bindings=(PortBinding("tcp", "0.0.0.0", 0, 80),))
    words = list(describe_networking(find_networking(one, Inventory(networks=(BRIDGE,)))))
    assert words[-1] == "publishes 80/tcp on its own IPv4 address, without a host port"


def test_on_the_hosts_network_its_listeners_are_named() -> None:
    host = Host(listeners=(Listener("tcp", "::", 80, ("nginx",)), Listener("tcp", "0.0.0.0", 8080, ("docker-proxy",))))
    sentences = _no_rules(replace(container(), network_mode="host", endpoints=()), host=host)
    assert sentences[1:] == ["The host listens on [::]:80/tcp (nginx)."]


def test_a_container_on_a_network_that_is_gone_says_so() -> None:
    lost = replace(container(), endpoints=(Endpoint("f" * 64, "lost", ipv4="192.0.2.2"),))
    assert list(describe_networking(find_networking(lost, Inventory()))) == [
        "on network lost, which is gone, as 192.0.2.2"
    ]


def test_a_container_that_does_not_run_is_described_so() -> None:
    inventory = Inventory(networks=(BRIDGE,))
    networking = find_networking(container(running=False), inventory)
    assert list(describe_networking(networking))[-1] == "is not running"


# ---- what real engines had -----------------------------------------------------------------------------------------

RECORDINGS = Path(__file__).parent.parent / "recordings"


@pytest.mark.parametrize(
    ("step", "name", "begins"),
    [
        ("28.5.2-iptables-nft/other-network-modes/04", "guest", "It has no rule of its own: whatever base publishes"),
        ("28.5.2-iptables-nft/other-network-modes/04", "hosted", "It has no rule: every port it listens on is a port"),
        ("28.5.2-iptables-nft/other-network-modes/04", "alone", "It has no rule and needs none: it has a loopback"),
        ("28.5.2-iptables-nft/macvlan/02", "web", "On mv (macvlan) its packets pass the parent interface"),
        ("28.5.2-iptables-nft/isolated/02", "u1", "It has no rule of its own: an internal network publishes nothing"),
        ("28.5.2-iptables-nft/nat-unprotected/02", "u1", "n1 is in gateway mode nat-unprotected: every port"),
        ("28.5.2-iptables-nft/user-net-routed/02", "u1", "n1 is in gateway mode routed: its published ports have no"),
        ("28.5.2-iptables-nft/ipv6-binding-ipv4-container/02", "six", "The binding [::1]:8080 → 80/tcp has no rule"),
        ("20.10.24-iptables-nft/default-no-port/01", "quiet", "It publishes nothing, so this engine writes no rule"),
        ("20.10.24-iptables-nft/dual-stack/02", "u9", "Nothing of Docker's filters IPv6 here"),
    ],
)
def test_a_recorded_container_says_what_it_has_and_why_no_more(step: str, name: str, begins: str) -> None:
    (found,) = _explain(name, parse_snapshot(load(RECORDINGS / step)))
    assert isinstance(found, ContainerExplained)
    assert [reason for reason in found.no_rules if describe_no_rule(reason).startswith(begins)] != []
    assert (found.missing, list(describe_networking(found.networking)) != []) == ((), True)


def test_every_kind_of_reason_has_its_sentence() -> None:
    assert all(describe_no_rule(NoRule(kind, "name", LAN, V6, Listener("tcp", "::", 80))) for kind in NoRuleKind)


def test_why_there_is_no_rule_is_not_known_where_rules_or_networks_were_not_seen(tmp_path: Path) -> None:
    listed = tmp_path / "ps.txt"
    row = '1a2b3c4d5e6f   postgres   "d"   2 days ago   Up 2 days   0.0.0.0:5432->5432/tcp, [::]:5432->5432/tcp   db'
    listed.write_text(f"CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n{row}\n")
    (found,) = _explain("db", parse_snapshot(load(listed)))
    assert isinstance(found, ContainerExplained)
    assert [one.kind for one in found.no_rules] == [NoRuleKind.NOT_KNOWN]


def test_a_chain_is_found_by_its_bare_name_in_every_table() -> None:
    whole = [*_explain("filter/DOCKER"), *_explain("nat/DOCKER")]
    assert sorted(map(str, _explain("DOCKER"))) == sorted(map(str, whole))
