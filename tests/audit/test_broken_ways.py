"""Ways that are broken, and nobody says so: to a published port, to the Internet, to a shared network, past a route."""

from collections.abc import Callable

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf

from netaudit.audit.subjects.daemon import strange_bridges, strange_proxies
from netaudit.audit.view.outside import no_interfaces
from netaudit.audit.view.routes import hidden_routes
from netaudit.model.docker import Container, Inventory, Network, NetworkMember, PortBinding
from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, Interface, Listener, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind
from netaudit.store import load

HERE = "28.5.2-iptables-nft/default-one-port/01"


def _edited(source: Source, edit: Callable[[str], str], where: str = HERE) -> Facts:
    facts = load(RECORDINGS / where)
    changed = edit(facts.files[source].decode()).encode()
    return msgspec.structs.replace(facts, files={**facts.files, source: changed})


def _found(audit_of: AuditOf, facts: Facts | str) -> set[str]:
    return {one.check.id for one in audit_of(facts).findings}


BROKEN = {"published-port-reached-by-nobody", "network-without-way-out"}


@pytest.mark.parametrize(
    "rule",
    [
        "-A DOCKER-USER -i eth0 -j DROP",
        "-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
        "-A DOCKER-USER -j DROP",
    ],
)
def test_what_the_operator_says_in_docker_user_is_meant(rule: str, audit_of: AuditOf) -> None:
    facts = _edited(Source.IPTABLES_NFT, lambda text: text.replace("-A DOCKER ", f"{rule}\n-A DOCKER ", 1))
    assert _found(audit_of, facts) & BROKEN == set()


def test_what_stands_elsewhere_for_all_packets_is_not_meant_for_the_port(audit_of: AuditOf) -> None:
    rule = "-A FORWARD -m comment --comment all -j DROP\n"
    facts = _edited(Source.IPTABLES_NFT, lambda text: text.replace("-A FORWARD", f"{rule}-A FORWARD", 1))
    assert _found(audit_of, facts) & BROKEN == BROKEN


def test_a_rule_elsewhere_that_names_the_port_is_meant(audit_of: AuditOf) -> None:
    rule = "-A FORWARD -p tcp -m tcp --dport 80 -j DROP\n"
    facts = _edited(Source.IPTABLES_NFT, lambda text: text.replace("-A FORWARD", f"{rule}-A FORWARD", 1))
    assert _found(audit_of, facts) & BROKEN == set()


def test_without_a_default_route_nobody_is_missing_the_internet(audit_of: AuditOf) -> None:
    facts = _edited(Source.IP_ROUTE, lambda text: text.replace('"dst":"default"', '"dst":"203.0.113.0/24"'))
    facts = msgspec.structs.replace(
        facts,
        files={**facts.files, Source.SYSCTL: facts.files[Source.SYSCTL].replace(b"ip_forward = 1", b"ip_forward = 0")},
    )
    assert "network-without-way-out" not in _found(audit_of, facts)


def test_sent_with_its_own_address_a_packet_finds_no_way_back(audit_of: AuditOf) -> None:
    audit = audit_of("bad/masquerade-flushed/before")
    (finding,) = [one for one in audit.findings if one.check.id == "network-without-way-out"]
    assert "unmasked" in finding.message
    assert next(str(one) for one in finding.advice).endswith(": systemctl restart docker")


# ---- routes ----------------------------------------------------------------------------------------------------------

APP = Network("1", "app", "bridge", bridge="br-app", subnet="172.20.5.0/24", subnet6="fd00:5::/64")


def _route(to: str, by: str = "eth0", **more: object) -> Route:
    family = Family.IP6 if ":" in to else Family.IP
    return msgspec.convert(
        {"family": family, "destination": to, "hops": [{"interface": by, "gateway": ""}], **more}, Route
    )


@pytest.mark.parametrize("to", ["172.20.0.0/16", "172.20.5.0/24", "172.20.5.7/32", "172.16.0.0/12", "fd00::/16"])
def test_a_route_that_shares_addresses_with_a_network_is_named(to: str) -> None:
    assert list(hidden_routes(Host(routes=(_route(to),)), APP)) == [f"{to} on eth0"]


@pytest.mark.parametrize(
    "route",
    [
        _route("0.0.0.0/0"),
        _route("0.0.0.0/1", "tun0"),  # what OpenVPN writes in place of a default route
        _route("128.0.0.0/1", "tun0"),
        _route("172.20.5.0/24", "br-app"),
        _route("172.20.0.0/16", kind="blackhole"),
        _route("172.20.5.1/32", "br-app", kind="local", table="local"),
        _route("10.0.0.0/8"),
        _route("ff00::/8"),
    ],
    ids=lambda route: f"{route.destination} {route.kind}",
)
def test_what_leads_nowhere_else_is_no_route_that_is_hidden(route: Route) -> None:
    assert list(hidden_routes(Host(routes=(route,)), APP)) == []


def test_a_table_of_a_tunnel_and_the_gateway_are_named() -> None:
    route = msgspec.structs.replace(_route("172.20.0.0/16"), table="52", hops=(NextHop("tun0", "10.8.0.1"),))
    assert list(hidden_routes(Host(routes=(route,)), APP)) == ["172.20.0.0/16 via 10.8.0.1 on tun0, table 52"]


# ---- interfaces ------------------------------------------------------------------------------------------------------

HOST = Host(interfaces=(Interface("lo"), Interface("eth0")))


@pytest.mark.parametrize(
    ("backend", "text", "names"),
    [
        (Backend.IPTABLES_NFT, "-A DOCKER-USER -i ext_if -j DROP", ("ext_if",)),
        (Backend.IPTABLES_NFT, "-A DOCKER-USER ! -i ens3 -o eth0 -j DROP", ("ens3",)),
        (Backend.IPTABLES_NFT, "-A DOCKER-USER -i eth0 -j DROP", ()),
        (Backend.IPTABLES_NFT, "-A DOCKER-USER -i ens+ -j DROP", ()),
        (Backend.IPTABLES_NFT, "-A DOCKER-USER -i tun0 -j DROP", ()),
        (Backend.NFTABLES, 'iifname "ext_if" drop', ("ext_if",)),
        (Backend.NFTABLES, 'iifname != "eth0" oifname "ens*" drop', ()),
    ],
)
def test_interfaces_that_are_not_there_are_named(backend: Backend, text: str, names: tuple[str, ...]) -> None:
    assert no_interfaces(HOST, Item(ObjectKind.RULE, backend, "ip", "filter", "DOCKER-USER", text, 1)) == names


def test_where_interfaces_are_not_known_none_is_missing() -> None:
    item = Item(ObjectKind.RULE, Backend.IPTABLES_NFT, "ip", "filter", "DOCKER-USER", "-A DOCKER-USER -i x -j DROP", 1)
    assert no_interfaces(Host(), item) is None


# ---- another daemon --------------------------------------------------------------------------------------------------

MINE = Inventory(
    networks=(Network("1", "bridge", "bridge", bridge="docker0", members=(NetworkMember("c", "web"),)),),
    containers=(Container("c", "web", running=True, bindings=(PortBinding("tcp", "0.0.0.0", 8080, 80),)),),
)


def _bridges(*ports: str) -> Host:
    names = dict.fromkeys(("docker0", "docker1", "br-0123456789ab", "virbr0"))
    bridges = (Interface(name, "bridge") for name in names)
    veths = (Interface(f"veth{at}", "veth", master=one, peer_elsewhere=True) for at, one in enumerate(ports))
    return Host(interfaces=(*bridges, *veths))


@pytest.mark.parametrize(
    ("ports", "strange"),
    [
        (("docker0",), ()),
        (("docker0", "docker0"), ("docker0",)),
        (("docker1",), ("docker1",)),
        (("br-0123456789ab",), ("br-0123456789ab",)),
        (("virbr0", "virbr0"), ()),
        ((), ()),
    ],
)
def test_a_bridge_with_more_on_it_than_this_daemon_knows_is_another_ones(
    ports: tuple[str, ...], strange: tuple[str, ...]
) -> None:
    assert strange_bridges(_bridges(*ports), MINE) == strange


def test_a_partial_inventory_makes_nothing_strange() -> None:
    partial = msgspec.structs.replace(MINE, partial=True)
    assert strange_bridges(_bridges("docker1"), partial) == ()
    listeners = (Listener("tcp", "*", 9090, ("docker-proxy",)),)
    assert strange_proxies(Host(listeners=listeners), partial) == ()
    assert strange_proxies(Host(listeners=listeners), MINE) == ("9090/tcp",)


# ---- a network that is shared ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "guest", "found"),
    [
        ("2026-11-27T20:00:02.5Z", "2026-11-27T20:00:02.41Z", True),
        ("2026-11-27T20:00:02.41Z", "2026-11-27T20:00:02.5Z", False),
        ("2026-11-27T20:00:02Z", "2026-11-27T20:00:02.000000001Z", False),
        ("", "2026-11-27T20:00:02Z", False),
    ],
)
def test_a_base_that_started_after_its_guest_was_restarted(
    base: str,
    guest: str,
    found: bool,  # noqa: FBT001
    audit_of: AuditOf,
) -> None:
    facts = load(RECORDINGS / "bad" / "base-restarted" / "before")
    containers = msgspec.json.decode(facts.files[Source.DOCKER_CONTAINERS])
    for one in containers:
        one["State"]["StartedAt"] = {"/base": base, "/guest": guest}[one["Name"]]
    files = {**facts.files, Source.DOCKER_CONTAINERS: msgspec.json.encode(containers)}
    assert ("shared-network-lost" in _found(audit_of, msgspec.structs.replace(facts, files=files))) is found
