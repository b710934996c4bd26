"""What fills the holes of expected rules, which options of a daemon are known, and which endpoint carries ports."""

import pytest
from msgspec.structs import replace as changed

from netaudit.attribute.attribution import Ref
from netaudit.attribute.expected.daemon_options import docker_backend, find_options
from netaudit.attribute.expected.gateway_endpoint import carrier, gateway_name
from netaudit.attribute.expected.network_view import (
    binding_facts,
    binding_values,
    endpoint_values,
    have_bridges,
    link_values,
    make_view,
    mark_values,
    overlay_values,
)
from netaudit.attribute.expected.profiles import Profile
from netaudit.attribute.expected.rule_order import RuleOrder
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import (
    Catalog,
    Signature,
    SubjectKind,
    Telltale,
    make_alternative,
)
from netaudit.attribute.signatures.template import Template
from netaudit.model.docker import Container, DaemonOptions, Endpoint, Inventory, Network, PortBinding
from netaudit.model.host import Host, Interface
from netaudit.model.netfilter.ruleset import Backend, Chain, ObjectKind, Rule, Ruleset, Table
from netaudit.model.version import Version

FRONT = Network(
    *("f" * 64, "front", "bridge", "br-front", "172.18.0.0/16", "fd00:18::/64"),
    host_ipv4="192.0.2.5",
    trusted_interfaces=("wg0", "eth1"),
)


def test_a_network_fills_what_names_it_in_one_family() -> None:
    four, six = (make_view(FRONT, family, {"mark": "0x1"}) for family in ("ip", "ip6"))
    assert (four.ref, four.family, six.family, four.network) == (Ref(FRONT.id, "front"), "ip", "ip6", FRONT)
    same = {"mark": "0x1", "bridge": "br-front", "trusted_set": '"br-front", "eth1", "wg0"'}
    assert four.values == {**same, "subnet": "172.18.0.0/16", "snat": "192.0.2.5"}
    assert six.values == {**same, "subnet": "fd00:18::/64", "snat": ""}
    assert (four.facts["snat"], six.facts["snat"], four.facts["gateway"], four.facts["proxy-only"]) == (
        True,
        False,
        True,
        False,
    )


def test_addresses_are_filled_alone_and_as_prefixes() -> None:
    assert endpoint_values("172.18.0.2") == {"address": "172.18.0.2", "container": "172.18.0.2/32"}
    assert endpoint_values("fd00::2") == {"address": "fd00::2", "container": "fd00::2/128"}
    assert link_values("172.17.0.2", "172.17.0.3") == {
        "parent_ip": "172.17.0.2",
        "child_ip": "172.17.0.3",
        "parent": "172.17.0.2/32",
        "child": "172.17.0.3/32",
    }


@pytest.mark.parametrize(
    ("host", "written", "prefix"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1/32"),
        ("2001:DB8:0::1", "2001:db8::1", "2001:db8::1/128"),
        ("fe80::1::2", "fe80::1::2", "fe80::1::2/128"),  # no address
    ],
)
def test_a_binding_fills_its_host_address_as_the_tools_write_it(host: str, written: str, prefix: str) -> None:
    assert binding_values(PortBinding("tcp", host, 8080, 80)) == {
        "host_ip": written,
        "host": prefix,
        "host_port": "8080",
        "container_port": "80",
    }


def test_a_binding_decides_by_its_traits() -> None:
    assert binding_facts((True, False, "tcp", False, True, False)) == {
        "host-address": "any",
        "loopback": False,
        "protocol": "tcp",
        "proxy-only": False,
        "gateway": True,
        "twin-moved": False,
    }
    other = binding_facts((False, True, "udp", True, False, True))
    assert (other["host-address"], other["loopback"], other["proxy-only"], other["gateway"]) == (
        "specific",
        True,
        True,
        False,
    )
    assert other["twin-moved"] is None


@pytest.mark.parametrize(
    ("option", "mark", "nft"),
    [
        ("1", "0x1", "0x00000001"),
        ("0x1f", "0x1f", "0x0000001f"),
        ("017", "0xf", "0x0000000f"),
        ("0b11", "0x3", "0x00000003"),
        ("0x10/0xf0", "0x10/0xf0", "& 0x000000f0 == 0x00000010"),
        ("1/0xffffffff", "0x1", "& 0xffffffff == 0x00000001"),
    ],
)
def test_a_mark_is_filled_as_each_tool_prints_it(option: str, mark: str, nft: str) -> None:
    assert mark_values(option) == {"mark": mark, "nft_mark": nft}


@pytest.mark.parametrize("option", ["", "x", "1/", "1/2/3", "/1", "08"])
def test_an_invalid_mark_fills_nothing(option: str) -> None:
    assert mark_values(option) == {}


def test_an_overlay_is_named_by_its_vxlan_in_each_notation() -> None:
    assert overlay_values(4097, 4789) == {
        "vxlan_port": "4789",
        "vxlan_id": "4097",
        "vxlan_hex": "0x1001",
        "vni": "1048832",
        "vni_hex": "0x100100",
    }


@pytest.mark.parametrize(
    ("networks", "any_", "outward"),
    [
        ((), None, None),
        ((FRONT,), True, True),
        ((changed(FRONT, internal=True),), True, None),
        ((changed(FRONT, driver="macvlan"),), None, None),
        ((changed(FRONT, subnet6=""),), None, None),
        ((changed(FRONT, internal=True), FRONT), True, True),
    ],
)
def test_a_bridge_network_of_a_family_is_there_or_was_perhaps(
    networks: tuple[Network, ...], any_: object, outward: object
) -> None:
    assert have_bridges(networks, "ip6") == {"any-networks": any_, "bridge-networks": outward}


# ---- options of the daemon ----------------------------------------------------------------------------------------


def _table(backend: Backend, name: str = "filter", **chains: tuple[str, ...]) -> Table:
    made = tuple(Chain(chain.replace("_", "-"), tuple(map(Rule, rules))) for chain, rules in chains.items())
    return Table(backend, "ip", name, made)


NFT, LEGACY, NATIVE = Backend.IPTABLES_NFT, Backend.IPTABLES_LEGACY, Backend.NFTABLES


@pytest.mark.parametrize(
    ("reported", "tables", "found"),
    [
        ("nftables", (_table(NFT, DOCKER=()),), NATIVE),
        ("iptables", (_table(NATIVE, "docker-bridges"),), None),
        ("iptables+firewalld", (_table(NATIVE, "docker-bridges"), _table(NFT, DOCKER=())), NFT),
        (None, (_table(NATIVE, "docker-bridges"), _table(NFT, DOCKER=())), NATIVE),
        (None, (_table(LEGACY, DOCKER=("-j A",)), _table(NFT, DOCKER=())), LEGACY),
        (None, (_table(LEGACY, DOCKER=()), _table(NFT, DOCKER=("-j A",))), NFT),
        (None, (_table(LEGACY, DOCKER=()), _table(NFT, INPUT=("-j A", "-j B"))), LEGACY),
        (None, (_table(NATIVE, "filter", DOCKER=("-j A", "-j B")), _table(LEGACY, DOCKER=())), LEGACY),
    ],
)
def test_docker_writes_where_it_says_or_where_most_of_its_chains_and_rules_are(
    reported: str | None, tables: tuple[Table, ...], found: Backend | None
) -> None:
    backend = docker_backend(Ruleset(tables), DaemonOptions(firewall_backend=reported))
    assert backend is found or (found is None and backend is not NATIVE)


PROXY = Telltale("userland-proxy", True, "nat", ("ip",), frozenset({NFT}), "OUTPUT", Template("-A OUTPUT ! -d {any}"))  # noqa: FBT003
NO_PROXY = Telltale("userland-proxy", False, "nat", ("ip",), frozenset({NFT}), "OUTPUT", Template("-A OUTPUT -m {any}"))  # noqa: FBT003
ELSEWHERE = Telltale("ip6tables", True, "nat", ("ip6",), frozenset({LEGACY}), "OUTPUT", Template("{any}"))  # noqa: FBT003
TELLTALES = (PROXY, NO_PROXY, ELSEWHERE)


def test_an_option_is_what_was_set_else_what_the_rules_of_its_backend_betray() -> None:
    rules = Ruleset(
        (_table(NFT, "nat", OUTPUT=("-A OUTPUT -m addrtype",)), _table(LEGACY, "nat", OUTPUT=("-A OUTPUT ! -d x",)))
    )
    with_docker = Ruleset((*rules.tables, _table(NFT, DOCKER=())))
    derived = find_options(DaemonOptions(), with_docker, Host(), TELLTALES)
    assert (derived.backend, derived.maker, derived.mark) == (NFT, "docker", "")
    assert derived.facts == {
        "userland-proxy": False,
        "direct-routing": None,
        "raw-rules": None,
        "fwmark": None,
        "wsl2": None,
        "sctp-checksum": None,
    }
    assert (derived.iptables, derived.ip6tables) == (True, None)
    given = DaemonOptions(
        userland_proxy=True, iptables=False, ip6tables=True, allow_direct_routing=True, bridge_accept_fwmark="7"
    )
    said = find_options(given, with_docker, Host(), TELLTALES)
    assert (said.facts["userland-proxy"], said.facts["direct-routing"], said.facts["fwmark"], said.mark) == (
        True,
        True,
        True,
        "7",
    )
    assert (said.iptables, said.ip6tables) == (False, True)
    assert find_options(DaemonOptions(bridge_accept_fwmark=""), rules, Host(), ()).facts["fwmark"] is False
    assert find_options(DaemonOptions(), rules, Host(), ()).iptables is None


def test_dockers_own_nftables_table_shows_that_it_writes() -> None:
    assert (
        find_options(DaemonOptions(), Ruleset((_table(NATIVE, "docker-bridges", x=()),)), Host(), ()).iptables is True
    )


@pytest.mark.parametrize(("rules", "found"), [((), True), (("-j A",), None)])
def test_a_raw_table_without_rules_is_as_a_flush_leaves_it(rules: tuple[str, ...], found: object) -> None:
    ruleset = Ruleset((_table(NFT, DOCKER=()), _table(NFT, "raw", PREROUTING=rules, OUTPUT=())))
    assert find_options(DaemonOptions(), ruleset, Host(), ()).facts["raw-rules"] is found


def test_an_interface_of_windows_leaves_open_whether_its_loopback_is_mirrored() -> None:
    found = [
        find_options(DaemonOptions(), Ruleset(()), Host((Interface(name),)), ()).facts["wsl2"]
        for name in ("loopback0", "eth0")
    ]
    assert found == [None, False]


@pytest.mark.parametrize(
    ("switches", "manages", "certain"),
    [
        ((True, True), [True, True], [True, True]),
        ((False, True), [False, True], [False, True]),
        ((None, None), [True, True], [False, False]),
        ((True, False), [True, False], [True, False]),
    ],
)
def test_a_daemon_manages_each_family_by_its_own_switch(
    switches: tuple[bool | None, bool | None], manages: list[bool], certain: list[bool]
) -> None:
    given = DaemonOptions(iptables=switches[0], ip6tables=switches[1])
    options = find_options(given, Ruleset(()), Host(), ())
    assert [options.manages(family) for family in ("ip", "ip6")] == manages
    assert [options.certain(family) for family in ("ip", "ip6")] == certain


# ---- which signatures are written ---------------------------------------------------------------------------------


def _signature(name: str, **more: object) -> Signature:
    usual: dict[str, object] = {
        "maker": "docker",
        "backends": frozenset({NFT}),
        "subject": SubjectKind.NETWORK,
        "object": ObjectKind.RULE,
        "table": "filter",
        "families": ("ip",),
        "chain": Template("DOCKER"),
        "text": Template("-j {any}"),
        "alternatives": (make_alternative("", {"icc": True}),),
        "purpose": "",
    }
    return Signature(name, **{**usual, **more})


def test_a_signature_is_written_for_its_kind_of_thing_by_its_maker_in_its_backend() -> None:
    catalog = Catalog(
        (
            _signature("surely"),
            _signature("open", open=True),
            _signature("perhaps", alternatives=(make_alternative("", {"internal": True}),)),
            _signature("not", alternatives=(make_alternative("", {"icc": False}),)),
            _signature("other-maker", maker="podman"),
            _signature("other-backend", backends=frozenset({NATIVE})),
            _signature("other-kind", subject=SubjectKind.DAEMON),
            _signature("other-family", families=("ip6",)),
            _signature("policy", object=ObjectKind.POLICY),
            _signature("open-policy", object=ObjectKind.POLICY, open=True),
        )
    )
    options = find_options(DaemonOptions(), Ruleset((_table(NFT, DOCKER=()),)), Host(), ())
    selection = Selection(Inventory("28.0"), options, catalog)
    facts = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False, "icc": True}
    sure, unsure = (Profile(SubjectKind.NETWORK, "ip", facts, {}, certain=one) for one in (True, False))
    assert {one.id: surely for one, surely in selection.of(sure)} == {
        "surely": True,
        "open": False,
        "perhaps": False,
        "policy": True,
    }
    assert not any(surely for _, surely in selection.of(unsure))
    assert selection.is_wanted(sure)
    assert not selection.is_wanted(Profile(SubjectKind.LINK, "ip", facts, {}))
    mesh = Catalog(
        (_signature("mesh", subject=SubjectKind.INGRESS), _signature("port", subject=SubjectKind.SERVICE_PORT))
    )
    native = find_options(DaemonOptions(firewall_backend="nftables"), Ruleset(()), Host(), ())
    swarm = Selection(Inventory("29.0"), native, mesh)
    assert [
        swarm.is_wanted(Profile(kind, "ip", facts, {})) for kind in (SubjectKind.INGRESS, SubjectKind.SERVICE_PORT)
    ] == [
        True,
        False,
    ]


# ---- the order of rules -------------------------------------------------------------------------------------------

ACCEPT = "-A DOCKER -d {container} -o {bridge} -j ACCEPT"
DROP = "-A DOCKER -o {bridge} -j DROP"


def _rule(text: str, bridge: str, container: str = "172.18.0.2/32") -> str:
    return text.format(bridge=bridge, container=container)


def _order(*texts: str) -> RuleOrder:
    return RuleOrder(tuple(map(Rule, texts)), set(texts) - {_rule(DROP, "br-own")})


def test_the_first_of_equal_rules_counts_from_one() -> None:
    order = _order("-j A", "-j B", "-j A")
    assert [order.first_of(text) for text in ("-j A", "-j B", "-j C")] == [1, 2, 0]


def test_a_rule_that_must_be_first_is_misplaced_anywhere_else() -> None:
    first = _signature("first", first=True)
    assert _order("-j A").why_misplaced(first, "-j A", 1) is None
    assert _order("-j B", "-j A").why_misplaced(first, "-j A", 2) == AttributionReason(AttributionReasonKind.NOT_FIRST)
    assert _order("-j B", "-j A").why_misplaced(_signature("any"), "-j A", 2) is None


def test_a_rule_behind_the_drop_of_its_own_bridge_is_misplaced() -> None:
    before = _signature("accept", text=Template(ACCEPT), before=Template(DROP))
    own, other = _rule(ACCEPT, "br-a"), _rule(ACCEPT, "br-b")
    order = _order("-j X", _rule(DROP, "br-a"), own, other)
    assert order.why_misplaced(before, own, 3) == AttributionReason(AttributionReasonKind.BEHIND, "2")
    assert order.why_misplaced(before, other, 4) is None  # the drop of another bridge does not concern it
    assert _order(own, _rule(DROP, "br-a")).why_misplaced(before, own, 1) is None


def test_where_the_text_does_not_name_the_bridge_the_first_drop_that_docker_writes_counts() -> None:
    before = _signature("return", text=Template("-A DOCKER -j {any}"), before=Template(DROP))
    text = "-A DOCKER -j RETURN"
    assert _order(_rule(DROP, "br-a"), text).why_misplaced(before, text, 2) == AttributionReason(
        AttributionReasonKind.BEHIND, "1"
    )
    assert _order(_rule(DROP, "br-own"), text).why_misplaced(before, text, 2) is None  # nobody expects that one
    assert _order(text, _rule(DROP, "br-a")).why_misplaced(before, text, 1) is None


# ---- the endpoint that carries published ports --------------------------------------------------------------------

LAN = Network("1" * 64, "lan", "macvlan", subnet="192.0.2.0/24")
NETWORKS = {one.id: one for one in (FRONT, LAN)}
ON_FRONT = Endpoint(FRONT.id, "front", ipv4="172.18.0.2", gateway="172.18.0.1")
ON_LAN = Endpoint(LAN.id, "lan", ipv4="192.0.2.9", gateway="192.0.2.254", priority=10)


def _carrier(*ends: Endpoint, placed: int, family: str = "ip", version: Version = Version(28)) -> Endpoint | None:  # noqa: B008
    container = Container("c" * 64, "web", True, endpoints=ends)  # noqa: FBT003
    return carrier(container, ends[:placed], NETWORKS, family, version)


def test_a_containers_only_endpoint_carries_its_ports_whatever_it_lacks() -> None:
    bare = changed(ON_FRONT, ipv4="", gateway="")
    assert _carrier(bare, placed=1) == bare
    assert _carrier(changed(ON_LAN, gateway=""), placed=0) is None


def test_the_endpoint_of_the_highest_priority_carries_the_ports_where_it_has_a_gateway() -> None:
    assert _carrier(ON_FRONT, ON_LAN, placed=1) == ON_LAN
    assert _carrier(ON_FRONT, changed(ON_LAN, gateway=""), placed=1) == ON_FRONT
    assert _carrier(ON_FRONT, changed(ON_LAN, network_id="gone"), placed=1) == ON_FRONT
    assert _carrier(ON_FRONT, ON_LAN, placed=1, family="ip6") is None  # neither has an IPv6 address
    six = changed(ON_FRONT, ipv6="fd00:18::2")
    assert _carrier(six, ON_LAN, placed=1, family="ip6") == six


def test_swarms_bridge_names_an_endpoint_by_the_sandbox() -> None:
    container = Container("c" * 64, "web", True, sandbox="/var/run/docker/netns/0123456789abcdef")  # noqa: FBT003
    assert gateway_name(container) == "gateway_0123456789ab"
