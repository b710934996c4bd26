"""The host: the kernel's switches, and who writes rules."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

from netaudit.attribute.attribution import AttributedItem, Confidence
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import OF_IPTABLES, CheckSubject, IPv4Editor, SubjectFacts, fact
from netaudit.audit.view.reach import inner_bridges
from netaudit.audit.view.view import HostView
from netaudit.model.facts import GapReason, Source
from netaudit.model.host import HostAddress
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.parse.iptables.rule import parse_rule

_MANAGERS = ("arno", "csf", "firehol", "firewalld", "nixos", "openwrt", "proxmox", "qnap", "shorewall", "synology",
             "ufw", "unifi", "vyos")  # fmt: skip
_LOOSE = "0"
# The sources that show which interfaces are an engine's.
_OUTER = (Source.IP_ADDR, Source.DOCKER_NETWORKS, Source.PODMAN_NETWORKS)


class HostFacts(SubjectFacts, frozen=True):
    """What is known of the host."""

    forwarding: Annotated[bool | None, fact("Whether it forwards IPv4 packets.", Source.SYSCTL)] = None
    forwarding6: Annotated[bool | None, fact("Whether it forwards IPv6 packets.", Source.SYSCTL)] = None
    forward_policy: Annotated[str | None, fact("The policy of IPv4's FORWARD chain.", *OF_IPTABLES)] = None
    forward_policy6: Annotated[str | None, fact("The policy of IPv6's FORWARD chain.", *OF_IPTABLES)] = None
    outer_interfaces: Annotated[
        tuple[str, ...] | None, fact("Interfaces with addresses that are not Docker's or loopback.", *_OUTER)
    ] = None
    foreign_bridges: Annotated[tuple[str, ...] | None, fact("Bridges that are not Docker's.", *_OUTER)] = None
    stopped_bridges: Annotated[
        tuple[str, ...] | None, fact("The foreign bridges from and to which no rule accepts all packets.", *_OUTER)
    ] = None
    bridge_nf_call: Annotated[bool | None, fact("Whether bridged packets meet iptables rules.", Source.SYSCTL)] = None
    route_localnet: Annotated[
        tuple[str, ...] | None,
        fact("Outer interfaces on which packets to 127.0.0.0/8 are let in.", Source.SYSCTL, *_OUTER),
    ] = None
    localnet_switches: Annotated[tuple[str, ...], fact("The switches that let them in, as sysctl names them.")] = ()
    unfiltered_sources: Annotated[
        tuple[str, ...] | None,
        fact("Outer interfaces on which forged sender addresses are not filtered.", Source.SYSCTL, *_OUTER),
    ] = None
    docker: Annotated[bool | None, fact("Whether Docker's inventory is known.", Source.DOCKER_CONTAINERS)] = None
    legacy_rules: Annotated[int, fact("How many rules iptables-legacy has.")] = 0
    nft_rules: Annotated[int, fact("How many rules iptables-nft has.")] = 0
    nftables_docker: Annotated[bool, fact("Whether Docker writes nftables rules.")] = False
    iptables: IPv4Editor = ""
    makers: Annotated[tuple[str, ...], fact("Who wrote rules here.")] = ()
    managers: Annotated[tuple[str, ...], fact("Those of them that manage the whole host's firewall.")] = ()


def hosts(view: HostView) -> Iterator[CheckSubject]:
    """Return the one host."""
    name = f"host {view.snapshot.host_name}" if view.snapshot.host_name else "host"
    yield CheckSubject(CheckedKind.HOST, name, "host", _facts(view), rules=view.forwarding.policies("ip"))


def _facts(view: HostView) -> HostFacts:
    rules = [one for one in view.attributed.items if one.item.object is ObjectKind.RULE]
    counts = Counter(one.item.backend for one in rules)
    makers = _makers(rules)
    outer = _outer(view)
    facing = None if outer is None else tuple(name for name in outer if name not in inner_bridges(view.snapshot.host))
    return HostFacts(
        forwarding=view.forwarding.is_on("ip"),
        forwarding6=view.forwarding.is_on("ip6"),
        forward_policy=view.forwarding.policy("ip"),
        forward_policy6=view.forwarding.policy("ip6"),
        outer_interfaces=outer,
        foreign_bridges=_foreign_bridges(view),
        stopped_bridges=_stopped_bridges(view, rules),
        bridge_nf_call=view.sysctls.get("net.bridge.bridge-nf-call-iptables") == "1" if view.sysctls else None,
        route_localnet=_switched(view, facing, "route_localnet"),
        localnet_switches=_localnet_switches(view, facing or ()),
        unfiltered_sources=_unfiltered(view, outer),
        docker=True if view.inventory is not None else None,
        legacy_rules=counts[Backend.IPTABLES_LEGACY],
        nft_rules=counts[Backend.IPTABLES_NFT],
        nftables_docker=any(table.name == "docker-bridges" for table in view.snapshot.ruleset.tables),
        iptables=view.tools.iptables("ip"),
        makers=makers,
        managers=tuple(maker for maker in makers if maker in _MANAGERS),
    )


def _makers(rules: Iterable[AttributedItem]) -> tuple[str, ...]:
    """Return who wrote rules, in the order of their first rule."""
    known = (one.attribution for one in rules if one.attribution.confidence is not Confidence.UNATTRIBUTED)
    return tuple(dict.fromkeys(one.maker for one in known if one.maker))


def _outer(view: HostView) -> tuple[str, ...] | None:
    interfaces = view.snapshot.host.interfaces
    if not interfaces or view.inventory is None or _lacks_networks(view):
        return None
    bridges = {network.bridge for network in view.networks.values()}
    return tuple(one.name for one in interfaces if one.name not in bridges and any(map(_is_reached, one.addresses)))


def _is_reached(address: HostAddress) -> bool:
    """Return whether neighbours address packets to it."""
    return not (address.ip.is_loopback or address.ip.is_link_local)


def _foreign_bridges(view: HostView) -> tuple[str, ...] | None:
    interfaces = view.snapshot.host.interfaces
    bridges = {network.bridge for network in view.networks.values()}
    names = (one.name for one in interfaces if one.kind == "bridge" and one.name not in bridges)
    return tuple(names) if interfaces and view.inventory is not None and not _lacks_networks(view) else None


def _lacks_networks(view: HostView) -> bool:
    """Tell whether an engine is there and which bridges are its own was not seen."""
    sources = (Source.DOCKER_NETWORKS, Source.PODMAN_NETWORKS)
    gaps = (gap for gap in view.snapshot.gaps if gap.source in sources)
    return any(gap.reason is not GapReason.ABSENT for gap in gaps)


def _stopped_bridges(view: HostView, rules: Iterable[AttributedItem]) -> tuple[str, ...] | None:
    """List the foreign bridges of which no rule accepts whatever comes and goes by them."""
    foreign = _foreign_bridges(view)
    if not foreign:
        return foreign
    passing = {bridge for one in rules if one.item.table == "filter" for bridge in _passing(one.item.text)}
    return tuple(bridge for bridge in foreign if bridge not in passing)


def _passing(text: str) -> Iterator[str]:
    """Return the interface by which a rule of iptables lets all packets pass."""
    rule = parse_rule(text)
    if rule.target == "ACCEPT" and all(one.name in ("-i", "-o") and not one.negated for one in rule.matches):
        names = {one.arguments[0] for one in rule.matches if one.arguments}
        yield from names if len(names) == 1 else ()


def _localnet_switches(view: HostView, outer: tuple[str, ...]) -> tuple[str, ...]:
    names = (_switch(name, "route_localnet") for name in ("all", *outer))
    return tuple(name for name in names if view.sysctls.get(name) == "1")


def _switched(view: HostView, outer: tuple[str, ...] | None, switch: str) -> tuple[str, ...] | None:
    """List the interfaces on which a switch is on; on one of them or on `all` is enough."""
    if outer is None or not view.sysctls:
        return None
    prefix = "net.ipv4.conf"
    everywhere = view.sysctls.get(f"{prefix}.all.{switch}") == "1"
    names = (name for name in outer if everywhere or view.sysctls.get(_switch(name, switch)) == "1")
    return tuple(names)


def _unfiltered(view: HostView, outer: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """List the interfaces without rp_filter: the larger of `all` and the interface's own counts."""
    if outer is None or not view.sysctls:
        return None
    everywhere = view.sysctls.get("net.ipv4.conf.all.rp_filter", _LOOSE)
    own = ((name, view.sysctls.get(_switch(name, "rp_filter"), _LOOSE)) for name in outer)
    return tuple(name for name, value in own if max(everywhere, value) == _LOOSE)


def _switch(interface: str, switch: str) -> str:
    return f"net.ipv4.conf.{interface.replace('.', '/')}.{switch}"
