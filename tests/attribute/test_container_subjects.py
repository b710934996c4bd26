"""What one container has rules for: its endpoints, its links, and each port binding on the networks that carry it."""

import pytest
from msgspec.structs import replace as changed
from small_hosts import CATALOG, container, rules, show, snapshot

from netaudit.attribute import Confidence
from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.expected.container_subjects import ContainerSubjects, Subject
from netaudit.attribute.expected.daemon_options import find_options
from netaudit.attribute.expected.network_view import make_view
from netaudit.attribute.expected.profiles import Profiles
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.docker import (
    Container,
    DaemonOptions,
    Endpoint,
    GatewayMode,
    Inventory,
    Link,
    Network,
    NetworkMember,
    PortBinding,
)
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.host import Host, Interface
from netaudit.model.netfilter.ruleset import ObjectKind, Ruleset

DEFAULT = Network("d" * 64, "bridge", "bridge", "docker0", "172.17.0.0/16", default=True)
FRONT = Network(
    "f" * 64, "front", "bridge", "br-front", "172.18.0.0/16", "fd00:18::/64", trusted_interfaces=("wg0", "eth1")
)
ROUTED = Network("e" * 64, "routed", "bridge", "br-routed", "172.19.0.0/16", mode4=GatewayMode.ROUTED)
GATEWAY = Network(
    *("a" * 64, "docker_gwbridge", "bridge", "docker_gwbridge", "172.20.0.0/16"),
    members=(
        NetworkMember("x", "gateway_0123456789ab", "172.20.0.2", ""),
        NetworkMember("y", "gateway_other", "172.20.0.3"),
    ),
)
ON_DEFAULT = Endpoint(DEFAULT.id, "bridge", "172.17.0.2", gateway="172.17.0.1")
ON_FRONT = Endpoint(FRONT.id, "front", "172.18.0.2", "fd00:18::2", "172.18.0.1", "fd00:18::1")
ON_ROUTED = Endpoint(ROUTED.id, "routed", "172.19.0.2", gateway="172.19.0.1")
WEB = Container("c" * 64, "web", True, endpoints=(ON_DEFAULT,))  # noqa: FBT003
OWNER = Ref(WEB.id, "web")


def _of(
    one: Container, *others: Container, family: str = "ip", networks: tuple[Network, ...] = (DEFAULT, FRONT, ROUTED)
) -> list[Subject]:
    inventory = Inventory("28.5.2", networks=networks, containers=(one, *others))
    options = find_options(DaemonOptions(iptables=True, ip6tables=True), Ruleset(()), Host(), ())
    profiles = Profiles(inventory, options, lambda _: True)
    views = {known: {net.id: make_view(net, known, {}) for net in networks} for known in ("ip", "ip6")}
    return list(ContainerSubjects(inventory, profiles, views).of(one, family))


def _kinds(found: list[Subject]) -> list[tuple[SubjectKind, str]]:
    return [(one.profile.kind, one.causes[0].network.name if one.causes[0].network else "") for one in found]


def test_a_container_that_does_not_run_or_has_no_address_of_a_family_has_no_rules() -> None:
    assert _of(changed(WEB, running=False)) == []
    assert _of(WEB, family="ip6") == []
    assert _of(WEB, networks=(FRONT,)) == []


def test_an_endpoint_is_a_subject_and_so_is_each_interface_that_its_network_trusts() -> None:
    found = _of(changed(WEB, endpoints=(ON_FRONT,)), family="ip6")
    assert [(one.profile.kind, one.profile.facts["trusted"], one.values) for one in found] == [
        (SubjectKind.ENDPOINT, False, {"address": "fd00:18::2", "container": "fd00:18::2/128"}),
        *(
            (SubjectKind.ENDPOINT, True, {"address": "fd00:18::2", "container": "fd00:18::2/128", "trusted": name})
            for name in ("wg0", "eth1")
        ),
    ]
    assert {one.causes for one in found} == {(Cause(CauseKind.ENDPOINT, OWNER, Ref(FRONT.id, "front")),)}


DB = Container(
    *("b" * 64, "db", True),
    endpoints=(changed(ON_DEFAULT, ipv4="172.17.0.9"),),
    exposed=((5432, "tcp"), (53, "udp")),
)
LINKED = changed(WEB, links=(Link("db"),))


def test_a_link_is_for_each_port_that_the_other_exposes_on_the_default_network_alone() -> None:
    links = [one for one in _of(LINKED, DB) if one.profile.kind is SubjectKind.LINK]
    ends = {"parent_ip": "172.17.0.2", "child_ip": "172.17.0.9", "parent": "172.17.0.2/32", "child": "172.17.0.9/32"}
    assert [one.values for one in links] == [
        {**ends, "protocol": "tcp", "container_port": "5432"},
        {**ends, "protocol": "udp", "container_port": "53"},
    ]
    network = Ref(DEFAULT.id, "bridge")
    both = tuple(Cause(CauseKind.ENDPOINT, container=end, network=network) for end in (OWNER, Ref(DB.id, "db")))
    assert {one.causes for one in links} == {both}
    without = (
        (LINKED,),  # the other is gone
        (LINKED, changed(DB, endpoints=())),
        (LINKED, changed(DB, exposed=())),
        (changed(LINKED, endpoints=(ON_FRONT,)), DB),
    )
    for there in without:
        assert SubjectKind.LINK not in {kind for kind, _ in _kinds(_of(*there))}


# ---- port bindings ------------------------------------------------------------------------------------------------


def _binding(host: str = "0.0.0.0", port: int = 8080, inner: int = 80, protocol: str = "tcp") -> PortBinding:
    return PortBinding(protocol, host, port, inner)


def _bindings(*bindings: PortBinding, ends: tuple[Endpoint, ...] = (ON_DEFAULT,), family: str = "ip") -> list[Subject]:
    found = _of(changed(WEB, endpoints=ends, bindings=bindings), family=family)
    return [one for one in found if one.profile.kind is SubjectKind.PORT_BINDING]


def test_a_binding_fills_what_names_it_and_has_itself_as_the_cause() -> None:
    (found,) = _bindings(_binding("192.0.2.1"))
    assert found.values == {
        "address": "172.17.0.2",
        "container": "172.17.0.2/32",
        "host_ip": "192.0.2.1",
        "host": "192.0.2.1/32",
        "host_port": "8080",
        "container_port": "80",
    }
    assert found.profile.values["protocol"] == "tcp"
    assert found.causes == (Cause(CauseKind.PORT_BINDING, OWNER, Ref(DEFAULT.id, "bridge"), _binding("192.0.2.1")),)


@pytest.mark.parametrize(
    ("host", "anywhere", "loopback"),
    [("0.0.0.0", "any", False), ("", "any", False), ("192.0.2.1", "specific", False), ("127.0.0.5", "specific", True)],
)
def test_a_binding_is_on_every_address_on_one_or_on_loopback(host: str, anywhere: str, loopback: object) -> None:
    (found,) = _bindings(_binding(host))
    assert (found.profile.facts["host-address"], found.profile.facts["loopback"]) == (anywhere, loopback)


def test_ipv6_bindings_of_a_container_without_ipv6_are_docker_proxys() -> None:
    four, six = _bindings(_binding(), _binding("::"))
    assert [one.profile.facts["proxy-only"] for one in (four, six)] == [False, True]
    assert _bindings(_binding(), _binding("::"), family="ip6") == []


def test_each_family_of_a_container_with_both_has_its_own_bindings() -> None:
    for family, host in (("ip", "0.0.0.0"), ("ip6", "::")):
        (found,) = _bindings(_binding(), _binding("::"), ends=(ON_FRONT,), family=family)
        assert (found.values["host_ip"], found.profile.facts["proxy-only"]) == (host, False)


def test_of_several_networks_one_carries_the_ports_and_all_are_asked_about() -> None:
    found = _bindings(_binding(), ends=(ON_DEFAULT, changed(ON_FRONT, ipv6="", gateway6="")))
    assert [(one.values["address"], one.profile.facts["gateway"]) for one in found] == [
        ("172.17.0.2", True),
        ("172.18.0.2", False),
    ]


@pytest.mark.parametrize(
    ("bindings", "moved"),
    [
        ((_binding(), _binding("::")), None),  # who served IPv6 before is not known
        ((_binding(),), False),
        ((_binding(), _binding("::", protocol="udp")), False),
        ((_binding(), _binding("::", inner=81)), False),
    ],
)
def test_where_ipv6_of_the_same_port_is_on_another_network_it_may_have_moved(
    bindings: tuple[PortBinding, ...], moved: object
) -> None:
    on_default, on_front = _bindings(*bindings, ends=(ON_DEFAULT, ON_FRONT))
    assert (on_default.profile.facts["twin-moved"], on_front.profile.facts["twin-moved"]) == (moved, False)


@pytest.mark.parametrize(
    ("bindings", "carried"),
    [
        ((_binding(),), {("bridge", 8080), ("routed", 8080)}),  # an engine that does not list the routed one
        ((_binding(port=0),), {("routed", 0)}),
        ((_binding(), _binding(port=0)), {("bridge", 8080), ("routed", 0)}),
        ((_binding(), _binding(port=0, inner=81)), {("bridge", 8080), ("routed", 8080), ("routed", 0)}),
        ((_binding(), _binding(port=0, protocol="udp")), {("bridge", 8080), ("routed", 8080), ("routed", 0)}),
    ],
)
def test_a_binding_without_a_host_port_is_a_routed_networks_alone(
    bindings: tuple[PortBinding, ...], carried: set[tuple[str, int]]
) -> None:
    found = _bindings(*bindings, ends=(ON_DEFAULT, ON_ROUTED))
    assert {
        (one.causes[0].network.name, int(one.values["host_port"])) for one in found if one.causes[0].network
    } == carried


@pytest.mark.parametrize("family", ["ip", "ip6"])
def test_an_internal_network_carries_no_ports_and_ipv6_on_it_takes_none_from_the_proxy(family: str) -> None:
    inner = changed(FRONT, internal=True)
    web = changed(WEB, endpoints=(ON_DEFAULT, ON_FRONT), bindings=(_binding(), _binding("::")))
    found = _of(web, family=family, networks=(DEFAULT, inner))
    ports = [one for one in found if one.profile.kind is SubjectKind.PORT_BINDING]
    said = [(one.values["address"], one.values["host_ip"], one.profile.facts["proxy-only"]) for one in ports]
    assert said == ([("172.17.0.2", "0.0.0.0", False), ("172.17.0.2", "::", True)] if family == "ip" else [])


def test_the_endpoint_that_swarms_bridge_hides_is_found_by_the_sandbox() -> None:
    networks = (DEFAULT, GATEWAY)
    inside = changed(WEB, sandbox="/var/run/docker/netns/0123456789abcdef")
    assert [one.values["address"] for one in _of(inside, networks=networks)] == ["172.17.0.2", "172.20.0.2"]
    assert [one.values["address"] for one in _of(WEB, networks=networks)] == ["172.17.0.2"]


# ---- recognised by what it names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "maker"),
    [
        ("-A DOCKER -d 172.17.0.9/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 81 -j ACCEPT", "docker"),
        (
            "-A DOCKER -d 172.17.0.9/32 ! -i br-lan -o br-lan -p tcp -m tcp --dport 81 -j ACCEPT",
            "docker",
        ),  # a bridge in its chain
        ("-A DOCKER -d 172.17.0.9/32 ! -i eth0 -o eth0 -p tcp -m tcp --dport 81 -j ACCEPT", ""),  # no bridge
        ("-A FORWARD -i br-lan -o br-lan -j ACCEPT", ""),  # a bridge that is not Docker's, outside of its chains
        ("-A FORWARD -i br-0123456789ab -o br-0123456789ab -j ACCEPT", "docker"),  # a name that Docker makes
    ],
)
def test_a_rule_is_dockers_by_its_bridge_or_by_any_bridge_in_its_own_chains(rule: str, maker: str) -> None:
    bare = snapshot(rules(filter_=(rule,)), container())
    host = Host(interfaces=(Interface("br-lan", "bridge"), Interface("eth0")))
    (found,) = [
        one.attribution
        for one in show(changed(bare, host=host)).items
        if one.item.text == rule and one.item.object is ObjectKind.RULE
    ]
    assert found.maker == maker
    assert (found.confidence is Confidence.UNATTRIBUTED) == (not maker)


def test_the_shipped_catalog_asks_for_nothing_where_a_port_has_no_host_port() -> None:
    web = changed(container(), bindings=(_binding(port=0),))
    assert show(snapshot(rules(), web)).missing == ()
    assert CATALOG.signatures


@pytest.mark.parametrize(
    ("gap", "is_told"),
    [
        (None, True),
        (Gap(Source.IPTABLES_NFT, GapReason.PARTIAL), True),  # what was read of it lacks the rule
        (Gap(Source.IPTABLES_NFT, GapReason.DENIED), False),
        (Gap(Source.IP6TABLES_NFT, GapReason.DENIED), True),
        (Gap(Source.IPTABLES_NFT, GapReason.INCONSISTENT), False),
        (Gap(Source.DOCKER_CONTAINERS, GapReason.INCONSISTENT), False),
        (Gap(Source.SOCKETS, GapReason.INCONSISTENT), True),
    ],
)
def test_a_missing_rule_is_told_where_its_family_was_read_and_is_undecided_elsewhere(
    gap: Gap | None, is_told: object
) -> None:
    shown = show(changed(snapshot(rules(), container(8080)), gaps=(gap,) if gap else ()))
    assert bool(shown.missing) is is_told
    assert (shown.coverage.undecided > 0) is not is_told
