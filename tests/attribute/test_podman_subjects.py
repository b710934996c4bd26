"""What netavark writes rules for, and what rules say that nothing expects."""

from dataclasses import dataclass

import pytest
from msgspec.structs import replace as changed

from netaudit.attribute.attribution import Cause, CauseKind, Confidence, Ref, Standing
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.podman.expect import expect_podman, netavark_backend
from netaudit.attribute.podman.judge import PodmanJudge
from netaudit.attribute.podman.names import network_hash, short_id, subnet_name
from netaudit.attribute.podman.subjects import NETAVARK, PodmanSubjects
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Catalog, Signature, SubjectKind, make_alternative
from netaudit.attribute.signatures.template import Template
from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding
from netaudit.model.engines.kinds import Engine, Isolation, Podman, PortMapping
from netaudit.model.netfilter.ruleset import Backend, Chain, ObjectKind, Rule, Ruleset, Table

PODS = Network(
    *("2f259bab93aaaaa2", "pods", "bridge", "podman1", "10.89.0.0/24", "fd00:89::/64"),
    host_ipv4="192.0.2.9",
    isolation=Isolation.STRICT,
    engine=Engine.PODMAN,
)
INSIDE = Network("1" * 16, "inside", "bridge", "podman2", "10.90.0.0/24", internal=True, engine=Engine.PODMAN)
IDLE = Network("3" * 16, "idle", "bridge", "podman3", "10.91.0.0/24", engine=Engine.PODMAN)
LINK = Network("4" * 16, "link", "macvlan", "", "10.92.0.0/24", engine=Engine.PODMAN)
WEB = Container(
    *("c" * 64, "web", True),
    endpoints=(Endpoint(PODS.id, "pods", ipv4="10.89.0.2"), Endpoint(INSIDE.id, "inside", ipv4="10.90.0.2")),
    mappings=(PortMapping("tcp", "", 8080, 80), PortMapping("udp", "192.0.2.1", 5000, 6000, 3)),
    engine=Engine.PODMAN,
)
OVER = Container(
    *("d" * 64, "over", True),
    endpoints=(Endpoint(LINK.id, "link", ipv4="10.92.0.2"), Endpoint(PODS.id, "pods", ipv6="fd00:89::3")),
    mappings=(
        PortMapping("tcp", "", 8081, 81),
        PortMapping("tcp", "fd00::1", 82, 82),
        PortMapping("tcp", "0.0.0.0", 83, 83),
    ),
    engine=Engine.PODMAN,
)
STOPPED = changed(
    WEB, id="e" * 64, name="stopped", running=False, endpoints=(Endpoint(IDLE.id, "idle", ipv4="10.91.0.2"),)
)
PODMAN = Inventory(
    networks=(PODS, INSIDE, IDLE, LINK), containers=(WEB, OVER, STOPPED), docker=False, podman=Podman("5.4")
)
NETWORK, FAMILIES = Ref(PODS.id, "pods"), ("ip", "ip6")


def _subjects(backend: Backend = Backend.NFTABLES) -> list[Subject]:
    return list(PodmanSubjects(PODMAN, backend).all())


def _of(kind: SubjectKind, family: str, backend: Backend = Backend.NFTABLES) -> list[Subject]:
    return [one for one in _subjects(backend) if (one.profile.kind, one.profile.family) == (kind, family)]


def test_netavark_writes_for_networks_with_a_running_container_that_are_not_internal() -> None:
    for family in FAMILIES:
        (daemon,), (network,) = (_of(kind, family) for kind in (SubjectKind.DAEMON, SubjectKind.NETWORK))
        assert (daemon.causes, daemon.values, daemon.profile.values) == ((NETAVARK,), {}, {})
        assert daemon.profile.facts == {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False}
        assert network.causes == (Cause(CauseKind.NETWORK, network=NETWORK),)
        assert network.values == {}


def test_a_network_fills_its_names_and_its_own_source_address() -> None:
    (four,), (six,) = (_of(SubjectKind.NETWORK, family) for family in FAMILIES)
    names = {
        "bridge": "podman1",
        "network_id": "2f259bab",
        "network_hash": network_hash("pods"),
        "network_name": "pods",
    }
    assert four.profile.values == {
        **names,
        "subnet": "10.89.0.0/24",
        "subnet_name": "10_89_0_0_nm24",
        "snat": "192.0.2.9",
    }
    assert six.profile.values == {**names, "subnet": "fd00:89::/64", "subnet_name": "fd00-89--_nm64"}
    assert (four.profile.facts["snat"], six.profile.facts["snat"]) == (True, False)
    assert {one.profile.facts["isolation"] for one in (four, six)} == {"strict"}


def test_a_mapping_is_one_range_and_each_of_its_ports() -> None:
    single, span = _of(SubjectKind.PORT_RANGE, "ip")
    own = {"address": "10.89.0.2", "container": "10.89.0.2/32", "owner": WEB.id}
    assert single.values == {**own, "host_ip": "", "host": "/32", "ports": "8080", "target_ports": "80"}
    assert span.values == {
        **own,
        "host_ip": "192.0.2.1",
        "host": "192.0.2.1/32",
        "ports": "5000-5002",
        "target_ports": "6000-6002/5000",
    }
    ports = [PortBinding("udp", "192.0.2.1", 5000 + at, 6000 + at) for at in range(3)]
    owner = Ref(WEB.id, "web")
    assert span.causes == tuple(Cause(CauseKind.PORT_BINDING, owner, NETWORK, port) for port in ports)
    facts = [
        (one.profile.facts["host-address"], one.profile.facts["range"], one.profile.facts["protocol"])
        for one in (single, span)
    ]
    assert facts == [("any", False, "tcp"), ("specific", True, "udp")]
    assert [one.profile.values["protocol"] for one in (single, span)] == ["tcp", "udp"]
    bindings = _of(SubjectKind.PORT_BINDING, "ip")
    assert [(one.values["host_port"], one.values["container_port"]) for one in bindings] == [
        ("8080", "80"),
        ("5000", "6000"),
        ("5001", "6001"),
        ("5002", "6002"),
    ]
    assert [one.causes for one in bindings[1:]] == [(one,) for one in span.causes]
    assert str(bindings[0].causes[0]) == "web 0.0.0.0:8080 → 80/tcp on network pods"


def test_iptables_prints_a_range_with_a_colon() -> None:
    _, span = _of(SubjectKind.PORT_RANGE, "ip", Backend.IPTABLES_NFT)
    assert (span.values["ports"], span.values["target_ports"]) == ("5000:5002", "6000-6002/5000")


def test_a_mapping_is_of_the_families_of_its_host_address_and_the_containers() -> None:
    single, own = _of(SubjectKind.PORT_RANGE, "ip6")
    assert [(one.values["host"], one.values["container"], one.values["ports"]) for one in (single, own)] == [
        ("/32", "fd00:89::3/128", "8081"),
        ("fd00::1/128", "fd00:89::3/128", "82"),
    ]
    assert [str(one.causes[0]) for one in (single, own)] == [
        "over [::]:8081 → 81/tcp on network pods",
        "over [fd00::1]:82 → 82/tcp on network pods",
    ]


def test_names_are_made_as_netavark_makes_them() -> None:
    assert network_hash("podman") == "1D8721804F16F"  # of a real host
    assert short_id("2f259bab93aaaaa2") == "2f259bab"
    assert [subnet_name(one) for one in ("10.88.0.0/16", "fd00::/64")] == ["10_88_0_0_nm16", "fd00--_nm64"]


def test_a_rootless_podman_writes_nothing_on_the_host() -> None:
    catalog = Catalog((_signature(SubjectKind.DAEMON, "-j ACCEPT"),))
    rootless = changed(PODMAN, podman=Podman("5.4", rootless=True))
    found = [
        [place for place, _, _ in expect_podman(one, Ruleset(()), catalog).absent({})] for one in (PODMAN, rootless)
    ]
    assert found == [[("ip", "nat", "NETAVARK"), ("ip6", "nat", "NETAVARK")], []]


def _table(backend: Backend, name: str, *chains: tuple[str, int]) -> Table:
    return Table(backend, "ip", name, tuple(Chain(chain, (Rule("-j ACCEPT"),) * count) for chain, count in chains))


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        ((), Backend.NFTABLES),
        ((_table(Backend.IPTABLES_NFT, "nat", ("NETAVARK-INPUT", 0)),), Backend.IPTABLES_NFT),
        ((_table(Backend.IPTABLES_LEGACY, "nat", ("NETAVARK-INPUT", 1)),), Backend.IPTABLES_LEGACY),
        ((_table(Backend.IPTABLES_NFT, "nat", ("DOCKER", 9)),), Backend.NFTABLES),
        (
            (_table(Backend.NFTABLES, "filter", ("INPUT", 9)), _table(Backend.IPTABLES_NFT, "nat", ("NETAVARK-A", 0))),
            Backend.IPTABLES_NFT,
        ),
        (  # what an earlier driver left is less than what the present one has
            (
                _table(Backend.NFTABLES, "netavark", ("POSTROUTING", 1)),
                _table(Backend.IPTABLES_NFT, "nat", ("NETAVARK-A", 2)),
            ),
            Backend.IPTABLES_NFT,
        ),
        (
            (
                _table(Backend.NFTABLES, "netavark", ("a", 1), ("b", 1)),
                _table(Backend.IPTABLES_NFT, "nat", ("NETAVARK-A", 2)),
            ),
            Backend.NFTABLES,
        ),
    ],
)
def test_netavark_writes_where_most_of_its_chains_and_rules_are(tables: tuple[Table, ...], found: Backend) -> None:
    assert netavark_backend(Ruleset(tables)) is found


# ---- rules that nothing expects -----------------------------------------------------------------------------------


def _signature(subject: SubjectKind, text: str = "-j {any}", *, kept: bool = False) -> Signature:
    return Signature(
        *("podman/one", "podman", frozenset(Backend), subject, ObjectKind.RULE, "nat", FAMILIES),
        *(Template("NETAVARK"), Template(text), (make_alternative("", {}),), "Says nothing."),
        kept=kept,
    )


@dataclass
class _Case:
    values: dict[str, str]
    reason: AttributionReason | None
    cause: Cause
    subject: SubjectKind = SubjectKind.PORT_BINDING


NOT_EXPECTED = AttributionReason(AttributionReasonKind.NOT_EXPECTED)
OWNER = Ref(WEB.id, "web")
PORT = {"protocol": "tcp", "host_port": "8080", "container_port": "80"}
BINDING = PortBinding("tcp", "0.0.0.0", 8080, 80)
CASES = [
    _Case({"bridge": "podman1"}, NOT_EXPECTED, NETAVARK, SubjectKind.DAEMON),
    _Case({"bridge": "podman1"}, NOT_EXPECTED, Cause(CauseKind.NETWORK, network=NETWORK), SubjectKind.NETWORK),
    _Case(
        {"bridge": "podman9"},
        AttributionReason(AttributionReasonKind.NO_SUCH_BRIDGE, "podman9"),
        Cause(CauseKind.NETWORK, network=Ref("", "podman9")),
        SubjectKind.NETWORK,
    ),
    _Case({}, NOT_EXPECTED, Cause(CauseKind.NETWORK, network=Ref("", "unknown")), SubjectKind.NETWORK),
    *(
        _Case({hole: held}, NOT_EXPECTED, Cause(CauseKind.NETWORK, network=NETWORK), SubjectKind.NETWORK)
        for hole, held in (
            ("network_id", "2f259bab"),
            ("network_hash", network_hash("pods")),
            ("subnet", "10.89.0.0/24"),
            ("subnet", "fd00:89::/64"),
            ("subnet_name", "10_89_0_0_nm24"),
            ("subnet_name", "fd00-89--_nm64"),
        )
    ),
    _Case(  # two holes that name two networks name none
        {"network_id": "2f259bab", "subnet": "10.91.0.0/24"},
        NOT_EXPECTED,
        Cause(CauseKind.NETWORK, network=Ref("", "unknown")),
        SubjectKind.NETWORK,
    ),
    _Case(
        {"bridge": "podman1", "address": "10.89.0.2", **PORT},
        NOT_EXPECTED,
        Cause(CauseKind.PORT_BINDING, OWNER, NETWORK, BINDING),
    ),
    _Case(
        {"bridge": "podman1", "container": "10.89.0.7/32", **PORT},
        AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, "10.89.0.7"),
        Cause(CauseKind.PORT_BINDING, Ref("", "10.89.0.7"), NETWORK, BINDING),
    ),
    _Case(
        {"bridge": "podman1", "owner": WEB.id, "address": "10.89.0.7", **PORT},
        AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, "10.89.0.7"),
        Cause(CauseKind.PORT_BINDING, OWNER, NETWORK, BINDING),
    ),
    _Case(
        {"bridge": "podman1", "owner": "f" * 64, **PORT},
        NOT_EXPECTED,
        Cause(CauseKind.PORT_BINDING, Ref("f" * 64, "unknown"), NETWORK, BINDING),
    ),
    *(
        _Case(
            {"address": "fd00:89::3", "protocol": "udp", "host": "fd00::1/128", **ports},
            NOT_EXPECTED,
            Cause(
                CauseKind.PORT_BINDING, Ref(OVER.id, "over"), Ref("", "unknown"), PortBinding("udp", "fd00::1", *first)
            ),
            SubjectKind.PORT_RANGE,
        )
        for ports, first in (
            ({"ports": "5000:5002", "target_ports": "6000-6002/5000"}, (5000, 6000)),
            ({"ports": "5000-5002"}, (5000, 5000)),
            ({}, (0, 0)),
        )
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_a_rule_that_nothing_expects_is_stale_and_says_why_and_whose_it_was(case: _Case) -> None:
    found = PodmanJudge(PODMAN, None).attribute(_signature(case.subject), case.values)
    assert (found.maker, found.signature, found.purpose) == ("podman", "podman/one", "Says nothing.")
    assert (found.confidence, found.standing) == (Confidence.LIKELY, Standing.STALE)
    assert (found.reason, found.causes) == (case.reason, (case.cause,))


def test_what_netavark_keeps_on_purpose_is_expected_and_needs_no_reason() -> None:
    found = PodmanJudge(PODMAN, None).attribute(_signature(SubjectKind.DAEMON, kept=True), {"bridge": "podman9"})
    assert (found.standing, found.reason) == (Standing.EXPECTED, None)


def test_with_a_partial_inventory_nothing_is_called_stale() -> None:
    found = PodmanJudge(changed(PODMAN, partial=True), None).attribute(
        _signature(SubjectKind.DAEMON), {"bridge": "podman9"}
    )
    assert (found.standing, found.reason) == (
        Standing.FOREIGN,
        AttributionReason(AttributionReasonKind.INVENTORY_PARTIAL),
    )


def test_who_is_gone_is_named_by_the_recording_before() -> None:
    empty = Inventory(docker=False, podman=Podman("5.4"))
    values = {"bridge": "podman1", "address": "10.89.0.2", **PORT}
    (cause,) = PodmanJudge(empty, PODMAN).attribute(_signature(SubjectKind.PORT_BINDING), values).causes
    assert cause == Cause(CauseKind.PORT_BINDING, OWNER, NETWORK, BINDING)
