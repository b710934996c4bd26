"""What rules that nothing expects show: what their holes hold, whose addresses and bridges they name."""

import re
from itertools import permutations

import pytest
from msgspec.structs import replace as changed

from netaudit.attribute.attribution import UNATTRIBUTED, Attribution, Cause, CauseKind, Confidence, Ref
from netaudit.attribute.observed.causes import find_cause
from netaudit.attribute.observed.docker_addresses import Chains, DockerAddresses
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.forward_policy import attribute_policy
from netaudit.attribute.observed.owners import Owners
from netaudit.attribute.observed.present import PresentEngine, PresentHost, is_generated
from netaudit.attribute.observed.unify import (
    address_in,
    binding_in,
    is_comparable,
    is_listed,
    link_addresses_in,
    targets,
    unify,
)
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.placement import Occasion
from netaudit.attribute.signatures.signature import (
    Applies,
    Owned,
    Signature,
    SubjectKind,
    VersionRange,
    make_alternative,
)
from netaudit.attribute.signatures.template import Template
from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding
from netaudit.model.host import Host, HostAddress, Interface
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind, Rule, Ruleset
from netaudit.model.snapshot import Snapshot

NFT, NATIVE = Backend.IPTABLES_NFT, Backend.NFTABLES
FRONT = Network("f" * 64, "front", "bridge", "br-front", "172.18.0.0/16", "fd00:18::/64")
MESH = Network("a" * 64, "mesh", "overlay", encrypted=True, vxlan_ids=(4097,))
WEB = Container("c" * 64, "web", True, endpoints=(Endpoint(FRONT.id, "front", ipv4="172.18.0.2", ipv6="fd00:18::2"),))  # noqa: FBT003
INVENTORY = Inventory("28.5.2", networks=(FRONT, MESH), containers=(WEB,))


def _signature(subject: SubjectKind, text: str = "-j {any}", **more: object) -> Signature:
    return Signature(
        *("one", "docker", frozenset({NFT}), subject, ObjectKind.RULE, "filter", ("ip",)),
        *(more.pop("chain", Template("DOCKER")), Template(text)),
        *(more.pop("alternatives", (make_alternative("", {}),)), ""),
        **more,
    )


def _item(text: str, chain: str = "DOCKER", backend: Backend = NFT, table: str = "filter") -> Item:
    return Item(ObjectKind.RULE, backend, "ip", table, chain, text, 1)


# ---- texts --------------------------------------------------------------------------------------------------------


def test_chain_and_text_hold_the_same_where_they_name_the_same() -> None:
    signature = _signature(
        SubjectKind.NETWORK, "-A FWD-{bridge} -o {bridge} -p {protocol}", chain=Template("FWD-{bridge}")
    )
    fits = _item("-A FWD-br0 -o br0 -p tcp", "FWD-br0")
    assert unify(signature, fits) == {"bridge": "br0", "protocol": "tcp"}
    assert unify(signature, changed(fits, chain="FWD-br1")) is None
    assert unify(signature, changed(fits, chain="OTHER")) is None
    assert unify(signature, changed(fits, text="-A FWD-br0 -o br0")) is None


def test_a_rule_that_was_listed_without_interfaces_is_held_against_texts_without_them() -> None:
    signature = _signature(SubjectKind.NETWORK, "-A DOCKER ! -i {bridge} -o {bridge} -p {protocol} -j ACCEPT")
    listed = _item("-A DOCKER -m listing --interfaces -p tcp -j ACCEPT")
    assert unify(signature, listed) == {"protocol": "tcp"}
    assert unify(signature, _item("-A DOCKER -p tcp -j ACCEPT")) is None
    plain, more = _item("-A DOCKER -j ACCEPT"), _item("-A DOCKER -m listing --more -j ACCEPT")
    assert [is_listed(one) for one in (listed, plain, more)] == [True, False, True]
    assert [is_comparable(one) for one in (listed, plain, more)] == [True, True, False]


@pytest.mark.parametrize(
    ("table", "found"), [("docker-bridges", True), ("netavark", True), ("filter", False), ("my-docker-", False)]
)
def test_nft_rules_are_comparable_in_tables_of_engines_alone(table: str, found: object) -> None:
    assert is_comparable(_item("accept", backend=NATIVE, table=table)) is found


def _owned(**patterns: str) -> Owned:
    return Owned(
        "one", "fail2ban", "", frozenset({NFT, NATIVE}), **{key: re.compile(text) for key, text in patterns.items()}
    )


@pytest.mark.parametrize(
    ("owned", "item", "found"),
    [
        (_owned(chain="f2b-.*"), _item("-A f2b-sshd -j RETURN", "f2b-sshd"), True),
        (_owned(chain="f2b-.*"), _item("-A INPUT -j f2b-sshd", "INPUT"), True),
        (_owned(chain="f2b-.*"), _item("-A INPUT -g f2b-sshd", "INPUT"), True),
        (_owned(chain="f2b-.*"), _item("tcp dport 22 jump f2b-sshd", "input", NATIVE), True),
        (_owned(chain="f2b-.*"), _item("tcp dport 22 goto f2b-sshd", "input", NATIVE), True),
        (_owned(chain="f2b-.*"), _item("-A INPUT -j ACCEPT", "INPUT"), False),
        (_owned(chain="f2b-.*"), _item("-A INPUT -j xf2b-sshd", "INPUT"), False),
        (_owned(chain="f2b-.*"), _item("-A f2b-a", "f2b-a", Backend.IPTABLES_LEGACY), False),
        (_owned(table="f2b-table"), _item("accept", "any", NATIVE, "f2b-table"), True),
        (_owned(table="f2b-table"), _item("accept", "any", NATIVE, "f2b-table2"), False),
        (_owned(table="f2b-table"), _item("-A x", "any", NFT, "f2b-table"), False),
        (_owned(text=".* --comment f2b"), _item("-A INPUT -m comment --comment f2b", "INPUT"), True),
        (_owned(text=".* --comment f2b"), _item("-A INPUT -m comment --comment f2bx", "INPUT"), False),
    ],
)
def test_what_is_a_makers_by_its_name_is_its_chain_its_jumps_its_table_or_its_text(
    owned: Owned, item: Item, found: object
) -> None:
    owners = Owners((owned,))
    assert (owners.find(item), owners.find(item)) == ((owned,) * 2 if found else (None, None))


def test_of_several_names_that_an_object_bears_the_catalogs_first_counts() -> None:
    by_text, by_jump, by_chain = (_owned(text=".*mine.*"), _owned(chain="THEIRS"), _owned(chain="OURS"))
    item = _item("-A OURS -m comment --comment mine -j THEIRS", "OURS")
    for first, second, third in permutations((by_text, by_jump, by_chain)):
        assert Owners((first, second, third)).find(item) is first


def test_the_targets_of_a_text_are_all_chains_that_it_jumps_to() -> None:
    assert targets("-A X -j LOG -g Y") == ["LOG", "Y"]
    assert targets("ip saddr 192.0.2.1 jump a") == ["a"]
    assert targets("-A X -p tcp") == []


@pytest.mark.parametrize(
    ("values", "address", "links", "binding"),
    [
        ({}, "", (), PortBinding("", "0.0.0.0", 0, 0)),
        ({"container": "172.18.0.2/32"}, "172.18.0.2", (), PortBinding("", "0.0.0.0", 0, 0)),
        ({"address": "fd00::2", "container": "x/32"}, "fd00::2", (), PortBinding("", "0.0.0.0", 0, 0)),
        (
            {"parent": "172.17.0.2/32", "child_ip": "172.17.0.3"},
            "",
            ("172.17.0.3", "172.17.0.2"),
            PortBinding("", "0.0.0.0", 0, 0),
        ),
        ({"parent_ip": "172.17.0.2", "parent": "172.17.0.2/32"}, "", ("172.17.0.2",), PortBinding("", "0.0.0.0", 0, 0)),
        (
            {"host": "192.0.2.1/32", "protocol": "udp", "host_port": "53"},
            "",
            (),
            PortBinding("udp", "192.0.2.1", 53, 53),
        ),
        (
            {"host_ip": "::1", "host": "x", "host_port": "53", "container_port": "5353"},
            "",
            (),
            PortBinding("", "::1", 53, 5353),
        ),
    ],
)
def test_what_holes_hold_is_read_as_far_as_they_do(
    values: dict[str, str], address: str, links: tuple[str, ...], binding: PortBinding
) -> None:
    assert (address_in(values), link_addresses_in(values), binding_in(values)) == (address, links, binding)


# ---- causes -------------------------------------------------------------------------------------------------------

NETWORK, OWNER = Ref(FRONT.id, "front"), Ref(WEB.id, "web")


@pytest.mark.parametrize(
    ("subject", "values", "cause"),
    [
        (SubjectKind.DAEMON, {"bridge": "br-front"}, Cause(CauseKind.DAEMON)),
        (SubjectKind.NETWORK, {"bridge": "br-front"}, Cause(CauseKind.NETWORK, network=NETWORK)),
        (SubjectKind.NETWORK, {"bridge": "br-gone"}, Cause(CauseKind.NETWORK, network=Ref("", "br-gone"))),
        (SubjectKind.NETWORK, {}, Cause(CauseKind.NETWORK, network=Ref("", "unknown"))),
        (SubjectKind.OVERLAY, {"vxlan_id": "4097"}, Cause(CauseKind.NETWORK, network=Ref(MESH.id, "mesh"))),
        (SubjectKind.OVERLAY, {"vni": "1048832"}, Cause(CauseKind.NETWORK, network=Ref(MESH.id, "mesh"))),
        (SubjectKind.OVERLAY, {"vni_hex": "0x100100"}, Cause(CauseKind.NETWORK, network=Ref(MESH.id, "mesh"))),
        (SubjectKind.OVERLAY, {"vxlan_id": "4098"}, Cause(CauseKind.NETWORK, network=Ref("", "unknown"))),
        (SubjectKind.ENDPOINT, {"container": "172.18.0.2/32"}, Cause(CauseKind.ENDPOINT, OWNER, NETWORK)),
        (
            SubjectKind.LINK,
            {"address": "172.18.0.9"},
            Cause(CauseKind.ENDPOINT, Ref("", "172.18.0.9"), Ref("", "unknown")),
        ),
        (SubjectKind.ENDPOINT, {"bridge": "br-front"}, Cause(CauseKind.ENDPOINT, Ref("", "unknown"), NETWORK)),
        (
            SubjectKind.PORT_BINDING,
            {"bridge": "br-front", "address": "fd00:18::2", "protocol": "tcp", "host_port": "8080"},
            Cause(CauseKind.PORT_BINDING, OWNER, NETWORK, PortBinding("tcp", "0.0.0.0", 8080, 8080)),
        ),
        (
            SubjectKind.SERVICE_PORT,
            {"host_port": "8080", "protocol": "udp"},
            Cause(CauseKind.OTHER, name="swarm service port 8080/udp"),
        ),
        (SubjectKind.INGRESS, {}, Cause(CauseKind.OTHER, name="swarm's routing mesh")),
    ],
)
def test_the_cause_of_a_rule_is_what_its_holes_name_as_far_as_an_inventory_knows_it(
    subject: SubjectKind, values: dict[str, str], cause: Cause
) -> None:
    evidence = DockerEvidence(INVENTORY, None, {}, frozenset())
    assert find_cause(_signature(subject), values, evidence) == cause


# ---- addresses and bridges ----------------------------------------------------------------------------------------

RULES: Chains = {
    (NFT, "ip", "nat", "POSTROUTING"): (
        Rule("-A POSTROUTING -s 172.30.0.0/24 ! -o br-0123456789ab -j MASQUERADE"),
        Rule("-A POSTROUTING -s 172.31.0.0/24 ! -o eth0 -j MASQUERADE"),
        Rule("-A POSTROUTING -s 172.32.0.0/24 ! -o docker0 -j SNAT --to-source 192.0.2.1"),
        Rule("-A POSTROUTING -s odd ! -o docker0 -j MASQUERADE"),
    ),
    (NFT, "ip", "filter", "POSTROUTING"): (Rule("-A POSTROUTING -s 172.33.0.0/24 ! -o docker0 -j MASQUERADE"),),
    (NFT, "ip", "nat", "DOCKER"): (
        Rule("-A DOCKER -p tcp --dport 80 -j DNAT --to-destination 10.1.0.2:80"),
        Rule("-A DOCKER -p tcp --dport 81 -j DNAT --to-destination 10.1.0.3"),
    ),
    (NFT, "ip6", "nat", "DOCKER"): (Rule("-A DOCKER -p tcp --dport 80 -j DNAT --to-destination [fd00:1::2]:80"),),
    (NFT, "ip", "nat", "OTHER"): (Rule("-A OTHER -j DNAT --to-destination 10.1.0.4:80"),),
    (NATIVE, "inet", "nat", "DOCKER"): (Rule("-A DOCKER -j DNAT --to-destination 10.1.0.5:80"),),
}
ADDRESSES = DockerAddresses({"br-front": FRONT, "br-odd": changed(FRONT, subnet="odd", subnet6="")}, RULES)


@pytest.mark.parametrize(
    ("address", "family", "found"),
    [
        ("172.18.0.9", "ip", True),
        ("fd00:18::9", "ip6", True),
        ("172.30.0.9", "ip", True),  # of a network that is gone, by its masquerading rule
        ("172.31.0.9", "ip", False),
        ("172.32.0.9", "ip", True),
        ("172.33.0.9", "ip", False),
        ("10.1.0.2", "ip", True),  # Docker's own rules send packets there
        ("10.1.0.2", "ip6", False),
        ("10.1.0.3", "ip", False),
        ("10.1.0.4", "ip", False),
        ("10.1.0.5", "ip", False),
        ("fd00:1::2", "ip6", True),
        ("999.1.1.1", "ip", False),
    ],
)
def test_an_address_is_dockers_by_a_network_or_by_dockers_own_rules(address: str, family: str, found: object) -> None:
    assert ADDRESSES.includes(address, family) is found


@pytest.mark.parametrize(
    ("subnet", "found"),
    [("172.18.0.0/16", True), ("172.18.0.0/24", False), ("10.1.0.0/24", True), ("10.2.0.0/24", False), ("odd", False)],
)
def test_a_subnet_is_dockers_whole_or_by_what_is_sent_into_it(subnet: str, found: object) -> None:
    assert ADDRESSES.reaches_into(subnet, "ip") is found


def test_a_bridge_is_dockers_by_the_inventory_or_by_the_name_that_docker_makes() -> None:
    names = ("br-front", "docker0", "br-0123456789ab", "br-lan", "eth0")
    assert [ADDRESSES.has_bridge(name) for name in names] == [True, True, True, False, False]
    assert [is_generated(name) for name in (*names, "br-0123456789abc")] == [False, False, True, False, False, False]


# ---- the present engine and host ----------------------------------------------------------------------------------


def test_the_present_engine_writes_what_its_version_and_options_ask_for() -> None:
    engine = PresentEngine(
        INVENTORY, {"userland-proxy": True, "enabled": True, "proxy-only": False, "gateway": True, "trusted": False}
    )
    proxy = _signature(SubjectKind.DAEMON, alternatives=(make_alternative(">=28", {"userland-proxy": True}),))
    assert engine.version == "28.5.2"
    assert engine.applies(proxy) is Applies.YES
    assert engine.applies(_signature(SubjectKind.DAEMON, alternatives=(make_alternative("<28", {}),))) is Applies.NO
    network = _signature(SubjectKind.NETWORK, alternatives=(make_alternative("", {"internal": False}),))
    assert engine.applies(network) is Applies.UNKNOWN
    inside = changed(FRONT, internal=True)
    assert [engine.applies_to(network, one, "ip") for one in (FRONT, inside, None)] == [
        Applies.YES,
        Applies.NO,
        Applies.UNKNOWN,
    ]


def test_what_a_swarm_writes_is_not_written_outside_of_one() -> None:
    outside, inside = (PresentEngine(changed(INVENTORY, swarm=swarm), {}) for swarm in (False, True))
    mesh, other = _signature(SubjectKind.INGRESS), _signature(SubjectKind.NETWORK)
    assert [one.lacks_swarm_of(mesh) for one in (outside, inside)] == [True, False]
    assert outside.lacks_swarm_of(other) is False
    assert outside.applies(mesh) is Applies.NO
    assert inside.applies(mesh) is Applies.UNKNOWN


def test_a_rule_of_other_versions_alone_is_told_and_swept_where_they_sweep_it() -> None:
    engine = PresentEngine(INVENTORY, {})
    old, new = make_alternative("<28", {}), make_alternative(">=28", {})
    assert engine.is_of_other_version(_signature(SubjectKind.NETWORK, alternatives=(old,))) is True
    assert engine.is_of_other_version(_signature(SubjectKind.NETWORK, alternatives=(old, new))) is False
    assert (
        PresentEngine(Inventory(), {}).is_of_other_version(_signature(SubjectKind.NETWORK, alternatives=(old,)))
        is False
    )
    swept = (VersionRange(">=28"), Occasion.BRIDGE)
    assert engine.sweeps(_signature(SubjectKind.NETWORK, cleared=swept)) is True
    assert engine.sweeps(_signature(SubjectKind.NETWORK, cleared=(swept[0], Occasion.START))) is False


def test_the_host_knows_its_networks_containers_and_the_interfaces_of_others() -> None:
    lxc = Interface("lxcbr0", addresses=(HostAddress("10.0.3.1", 24), HostAddress("169.254.3.1", 16, "link")))
    own = Interface("br-front", addresses=(HostAddress("172.18.0.1", 16),))
    host = PresentHost(INVENTORY, Host((own, lxc)))
    assert [host.network(name) for name in ("br-front", "lxcbr0", "")] == [FRONT, None, None]
    assert [host.has_container(one) for one in ("172.18.0.2", "fd00:18::2", "172.18.0.3")] == [True, True, False]
    foreign = [
        ("lxcbr0", ""),
        ("br-front", ""),
        ("gone", "10.0.3.9"),
        ("", "10.0.3.9"),
        ("", "172.18.0.9"),
        ("", "169.254.3.9"),
        ("", "x"),
    ]
    assert [host.foreign_interface(*one) for one in foreign] == ["lxcbr0", "", "", "lxcbr0", "", "", ""]


# ---- FORWARD's policy ---------------------------------------------------------------------------------------------

POLICY = Item(ObjectKind.POLICY, NFT, "ip", "filter", "FORWARD", ":FORWARD DROP")
GUESS = Attribution(Confidence.AMBIGUOUS, "docker")


def _forwarding(value: str | None) -> Snapshot:
    return Snapshot(Ruleset(()), host=Host(sysctls=(("net.ipv4.ip_forward", value),) if value else ()))


@pytest.mark.parametrize(
    ("before", "after", "likely"),
    [("0", "1", True), ("1", "1", False), ("0", "0", False), (None, "1", False), ("0", None, False)],
)
def test_forwards_policy_is_dockers_where_forwarding_was_switched_on_in_the_same_step(
    before: str | None, after: str | None, likely: object
) -> None:
    found = attribute_policy(POLICY, GUESS, _forwarding(before), _forwarding(after))
    reason = AttributionReason(AttributionReasonKind.FORWARDING_SWITCHED_ON)
    whole = Attribution(Confidence.LIKELY, "docker", causes=(Cause(CauseKind.DAEMON),), reason=reason)
    assert found == (whole if likely else GUESS)


def test_what_is_no_policy_or_is_known_already_keeps_its_attribution() -> None:
    off, on = _forwarding("0"), _forwarding("1")
    assert attribute_policy(_item("-j ACCEPT"), GUESS, off, on) == GUESS
    assert attribute_policy(POLICY, UNATTRIBUTED, off, on) == UNATTRIBUTED
