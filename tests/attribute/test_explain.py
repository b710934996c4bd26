"""Why something is there: a rule, a container, a network, a signature; and why nothing is."""

import pytest
from msgspec.structs import replace
from small_hosts import ACCEPT, BRIDGE, CATALOG, HAIRPIN, container, dnat, rules, snapshot

from netaudit.attribute.explain import RuleExplained, SignatureExplained, ThingExplained, explain
from netaudit.attribute.networking import describe_networking, describe_silence
from netaudit.errors import SubjectError
from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding
from netaudit.model.host import Host, Listener
from netaudit.model.snapshot import Snapshot

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


# ---- containers and networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["web", container().id, container().id[:12]])
def test_a_container_is_named_by_its_name_or_id(subject: str) -> None:
    (explained,) = _explain(subject)
    assert isinstance(explained, ThingExplained)
    assert [one.item.text for one in explained.rules] == [HAIRPIN, dnat(8080), ACCEPT]
    assert explained.is_what == ("on default bridge bridge as 172.17.0.2", "publishes 0.0.0.0:8080 → 80/tcp")
    assert (explained.kind, explained.name, explained.missing, explained.silence) == ("container", "web", (), ())


def test_a_short_id_is_no_name() -> None:
    with pytest.raises(SubjectError):
        _explain(container().id[:8])


def test_what_a_container_misses_is_told_with_it() -> None:
    (explained,) = _explain("web", snapshot(rules(nat=(HAIRPIN, dnat(8080))), container(8080)))
    assert isinstance(explained, ThingExplained)
    assert [one.item.text for one in explained.missing] == [ACCEPT]


def test_a_network_is_explained_with_its_rules() -> None:
    (explained,) = _explain("bridge")
    assert isinstance(explained, ThingExplained)
    assert explained.is_what == ("bridge network on the interface docker0, 172.17.0.0/16",)
    assert "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" in [one.item.text for one in explained.rules]


def test_a_network_that_docker_writes_no_rules_for_says_so() -> None:
    snap = snapshot(rules())
    assert snap.inventory
    lan = Network(id="d" * 64, name="lan", driver="macvlan")
    (explained,) = _explain("lan", replace(snap, inventory=replace(snap.inventory, networks=(BRIDGE, lan))))
    assert isinstance(explained, ThingExplained)
    assert explained.silence == ("No rule exists because of it: Docker writes rules for bridge networks only.",)


def test_a_signature_is_explained_with_the_rules_that_bear_it() -> None:
    (explained,) = _explain("docker-iptables/port-dnat")
    assert isinstance(explained, SignatureExplained)
    assert [one.item.text for one in explained.rules] == [dnat(8080)]


# ---- silence ------------------------------------------------------------------------------------------------------

LAN = Network(id="d" * 64, name="lan", driver="macvlan")
CLOSED = replace(BRIDGE, id="e" * 64, name="closed", internal=True, default=False)
BARE = Host()
V6 = PortBinding("tcp", "::", 8080, 80)


def _silence(one: Container, version: str = "20.10.24", host: Host = BARE, *, has_rules: bool = False) -> list[str]:
    inventory = Inventory(version, networks=(BRIDGE, LAN, CLOSED), containers=(one, container(name="base")))
    return list(describe_silence(one, inventory, host, has_rules=has_rules))


def _on(network: Network) -> Container:
    return replace(container(), endpoints=(Endpoint(network.id, network.name, ipv4="192.0.2.2"),))


def test_a_container_with_rules_has_no_silence_to_explain() -> None:
    assert _silence(container(8080), has_rules=True) == []


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
        (_on(CLOSED), "It has no rule of its own: an internal network publishes nothing"),
        (container(), "It publishes nothing, so this engine writes no rule for it"),
        (replace(container(), bindings=(V6,)), "The binding [::]:8080 → 80/tcp has no rule: the container has no IPv6"),
    ],
    ids=["stopped", "none", "host", "container", "macvlan", "internal", "unpublished", "proxy only"],
)
def test_every_kind_of_networking_says_why_it_has_no_rule(one: Container, begins: str) -> None:
    assert [sentence for sentence in _silence(one) if sentence.startswith(begins)] != []


def test_a_newer_engine_writes_a_rule_for_every_endpoint() -> None:
    (sentence,) = _silence(container(), "28.5.2")
    assert sentence.endswith("this engine writes one for every endpoint in gateway mode nat.")


def test_on_the_hosts_network_its_listeners_are_named() -> None:
    host = Host(listeners=(Listener("tcp", "::", 80, ("nginx",)), Listener("tcp", "0.0.0.0", 8080, ("docker-proxy",))))
    sentences = _silence(replace(container(), network_mode="host", endpoints=()), host=host)
    assert sentences[1:] == ["The host listens on [::]:80/tcp (nginx)."]


def test_a_container_on_a_network_that_is_gone_says_so() -> None:
    lost = replace(container(), endpoints=(Endpoint("f" * 64, "lost", ipv4="192.0.2.2"),))
    assert list(describe_networking(lost, Inventory())) == ["on network lost, which is gone, as 192.0.2.2"]


def test_a_container_that_does_not_run_is_described_so() -> None:
    inventory = Inventory(networks=(BRIDGE,))
    assert list(describe_networking(container(running=False), inventory))[-1] == "is not running"
