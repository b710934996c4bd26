"""Docker's networks."""

from collections.abc import Iterator
from typing import Annotated, Any

from netaudit.attribute.attribution import AttributedItem
from netaudit.attribute.expected.daemon_options import docker_backend
from netaudit.attribute.expected.missing import are_rules_hidden
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import (
    EXPOSURE,
    OF_IPTABLES,
    CheckSubject,
    DockerBackend,
    IPv4Editor,
    IsPodmans,
    SubjectFacts,
    backend_of,
    fact,
)
from netaudit.audit.subjects.rules.doubts import outbound_doubts
from netaudit.audit.subjects.subnets import addresses
from netaudit.audit.view.by_cause import Items
from netaudit.audit.view.host_firewall import denied_programs
from netaudit.audit.view.reach import reached_listeners
from netaudit.audit.view.routes import Outbound, outbound
from netaudit.audit.view.view import HostView
from netaudit.model.docker import DaemonOptions, GatewayMode, Network
from netaudit.model.engines.kinds import Engine
from netaudit.model.exposure import Outcome
from netaudit.model.facts import Source
from netaudit.model.netfilter.family import Family


class NetworkFacts(SubjectFacts, frozen=True):
    """What is known of a network."""

    network: Annotated[str, fact("Its name.")] = ""
    driver: Annotated[str, fact("Its driver: `bridge`, `overlay`, `macvlan`, `ipvlan` and so on.")] = ""
    bridge: Annotated[str, fact("Its interface on the host, empty where its driver has none.")] = ""
    default: Annotated[bool, fact("Whether it is the default bridge.")] = False
    internal: Annotated[bool, fact("Whether it is internal.")] = False
    icc: Annotated[bool, fact("Whether its containers may talk to each other.")] = True
    masquerade: Annotated[bool, fact("Whether its packets leave with the host's address.")] = True
    ipv6: Annotated[bool, fact("Whether it has IPv6.")] = False
    mode4: Annotated[str, fact("Its gateway mode for IPv4.")] = ""
    mode6: Annotated[str, fact("Its gateway mode for IPv6.")] = ""
    subnet: Annotated[str, fact("Its IPv4 subnet, empty for none.")] = ""
    subnet6: Annotated[str, fact("Its IPv6 subnet, empty for none.")] = ""
    global_subnets: Annotated[
        tuple[str, ...] | None, fact("Its subnets of public addresses.", Source.DOCKER_NETWORKS)
    ] = None
    overlaps: Annotated[
        tuple[str, ...] | None, fact("Addresses of other interfaces that lie in its subnets.", Source.DOCKER_NETWORKS)
    ] = None
    hides: Annotated[
        tuple[str, ...] | None,
        fact(
            "Routes of the host whose destinations its subnets hide, or hold.", Source.IP_ROUTE, Source.DOCKER_NETWORKS
        ),
    ] = None
    outbound: Annotated[
        str,
        fact(
            "What becomes of a packet of its containers to the Internet: `open`, `closed`, `may`, or `unmasked`: it"
            " leaves with the container's own address, to which no answer comes. Empty where none is meant to leave."
        ),
    ] = ""
    outbound_stopped_by: Annotated[str, fact("The rule or policy that stops it, or what else does.")] = ""
    forwarding: Annotated[bool | None, fact("Whether the host forwards IPv4 packets.", Source.SYSCTL)] = None
    daemon_rules_missing: Annotated[bool, fact("Whether rules that Docker writes for all are missing.")] = False
    outbound_meant: Annotated[bool, fact("Whether the operator stops it: in DOCKER-USER, or what it leads to.")] = False
    trusted_interfaces: Annotated[
        tuple[str, ...], fact("The interfaces from which its containers may be addressed directly.")
    ] = ()
    encrypted: Annotated[bool, fact("Whether its overlay is encrypted.")] = False
    refuses_clear_text: Annotated[
        bool | None,
        fact(
            "Whether both rules of an encrypted overlay are there: one marks its packets, one refuses clear text.",
            *OF_IPTABLES,
        ),
    ] = None
    containers: Annotated[tuple[str, ...], fact("The running containers on it.")] = ()
    host_listeners: Annotated[
        tuple[str, ...] | None,
        fact("Programs of the host that listen on an address its containers can reach.", Source.SOCKETS),
    ] = None
    denied_listeners: Annotated[
        tuple[str, ...] | None,
        fact(
            "Programs of the host whose ports a rule of its firewall denies to its containers.",
            EXPOSURE,
        ),
    ] = None
    denied_tcp: Annotated[tuple[str, ...], fact("Their TCP ports, as iptables writes them.")] = ()
    denied_udp: Annotated[tuple[str, ...], fact("Their UDP ports.")] = ()
    denying_place: Annotated[tuple[str, ...], fact("Family, table and chain of the first of native nftables.")] = ()
    denied_by: Annotated[tuple[str, ...], fact("Those rules and policies.")] = ()
    bridge_nf_call: Annotated[
        bool | None, fact("Whether packets between its containers meet iptables rules at all.", Source.SYSCTL)
    ] = None
    missing: Annotated[tuple[str, ...], fact("The signatures of rules that it lacks.")] = ()
    iptables: IPv4Editor = ""
    podman: IsPodmans = False
    backend: DockerBackend = ""


def networks(view: HostView) -> Iterator[CheckSubject]:
    """Return every network but `none` and `host`."""
    members: dict[str, list[str]] = {}
    for container in view.containers:
        for end in container.endpoints:
            members.setdefault(end.network_id, []).append(container.name)
    for network in view.networks.values():
        if network.driver not in ("null", "host") and not network.config_only:
            yield _subject(view, network, tuple(members.get(network.id, ())))


def _subject(view: HostView, network: Network, containers: tuple[str, ...]) -> CheckSubject:
    name, missing = f"network {network.name}", view.by_cause.missing_of_network(network.id)
    rules = tuple(_filtering(view.by_cause.rules_of_network(network.id)))
    facts = _facts(view, network, containers, missing)
    doubts = tuple(outbound_doubts(view, facts.outbound))
    return CheckSubject(CheckedKind.NETWORK, name, name, facts, rules=rules, missing=missing, doubts=doubts)


def _facts(view: HostView, network: Network, containers: tuple[str, ...], missing: Items) -> NetworkFacts:
    return NetworkFacts(
        network=network.name,
        driver=network.driver,
        bridge=network.bridge,
        default=network.default,
        internal=network.internal,
        icc=network.icc,
        masquerade=network.masquerade,
        ipv6=network.ipv6,
        mode4=network.mode4,
        mode6=network.mode6,
        subnet=network.subnet,
        subnet6=network.subnet6,
        **addresses(view, network),
        forwarding=view.forwarding.is_on("ip"),
        daemon_rules_missing=view.daemon_rules_missing,
        **_outbound(view, network, containers),
        trusted_interfaces=network.trusted_interfaces,
        encrypted=network.encrypted,
        refuses_clear_text=_refuses_clear_text(view, view.by_cause.rules_of_network(network.id)),
        containers=containers,
        host_listeners=_host_listeners(view, network),
        **_denied(view, network),
        bridge_nf_call=_bridge_nf_call(view),
        iptables=view.tools.iptables("ip"),
        podman=network.engine is Engine.PODMAN,
        backend=backend_of(view, network.engine),
        missing=tuple(dict.fromkeys(one.attribution.signature for one in missing)),
    )


def _outbound(view: HostView, network: Network, containers: tuple[str, ...]) -> dict[str, Any]:
    """Return what becomes of a packet to the Internet, for a network whose containers are meant to get there."""
    inner = network.internal or network.mode4 is GatewayMode.ISOLATED or network.driver != "bridge"
    found = None if inner or not containers else outbound(view.snapshot, network)
    if found is None:
        return {}
    meant = not network.masquerade or network.mode4 is GatewayMode.ROUTED
    unmasked = "open" if meant else "unmasked"
    words = {Outcome.ALLOWED: "open", Outcome.MAY: "may", Outcome.BLOCKED: "closed" if found.masked else unmasked}
    return {
        "outbound": words[found.outcome],
        "outbound_stopped_by": _stopped_by(found),
        "outbound_meant": found.item is not None and view.operator_chains.holds(found.item),
    }


def _stopped_by(found: Outbound) -> str:
    if found.item:
        return f"{found.item.where} ({found.item.text})"
    if not found.masked:
        return "no rule gives it the host's address"
    return str(found.reason.kind) if found.reason else "nothing that is known"


def _denied(view: HostView, network: Network) -> dict[str, Any]:
    """Return the host's programs that a rule of the input hook keeps from a network's containers."""
    if view.attributed.exposure is None:
        return {}
    found = denied_programs(view.by_cause.cells_of_host(network.name))
    return {
        "denied_listeners": found.programs,
        "denied_tcp": found.tcp,
        "denied_udp": found.udp,
        "denying_place": found.place,
        "denied_by": found.by,
    }


def _refuses_clear_text(view: HostView, rules: Items) -> bool | None:
    signatures = [one.attribution.signature.rpartition("/")[2] for one in rules]
    found = all(any(one.startswith(kind) for one in signatures) for kind in ("overlay-mark", "overlay-clear-drop"))
    options = view.inventory.options if view.inventory else DaemonOptions()
    hidden = are_rules_hidden(view.snapshot, docker_backend(view.snapshot.ruleset, options), Family.IP)
    return None if hidden and not found else found


def _filtering(rules: Items) -> Iterator[AttributedItem]:
    """Choose the rules that decide who may pass: filter's and raw's."""
    return (one for one in rules if one.item.table in ("filter", "raw", "docker-bridges"))


def _host_listeners(view: HostView, network: Network) -> tuple[str, ...] | None:
    """List what the host offers to a network's containers; a gateway address is in the bridge's own subnet."""
    if any(gap.source == Source.SOCKETS for gap in view.snapshot.gaps):
        return None
    own = {
        address.local
        for interface in view.snapshot.host.interfaces
        if interface.name == network.bridge
        for address in interface.addresses
    }
    offered = (one for one in view.snapshot.host.listeners if one.address in {"0.0.0.0", "::", "*", *own})  # noqa: S104
    reached = reached_listeners(view.attributed, network.name)
    offered = (one for one in offered if reached is None or (one.protocol, one.port) in reached)
    words = (f"{', '.join(dict.fromkeys(one.programs)) or 'a program'} on {one.port}/{one.protocol}" for one in offered)
    return tuple(dict.fromkeys(words)) if network.bridge else ()


def _bridge_nf_call(view: HostView) -> bool | None:
    if not view.sysctls:
        return None
    return view.sysctls.get("net.bridge.bridge-nf-call-iptables") == "1"  # without the module there is no such switch
