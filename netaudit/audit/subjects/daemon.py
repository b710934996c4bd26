"""The Docker daemon: its options, its version and its rules."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated

from netaudit.attribute.attribution import AttributedItem, CauseKind
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import CheckSubject, SubjectFacts, fact
from netaudit.audit.view.view import HostView
from netaudit.model.docker import Inventory
from netaudit.model.facts import Source
from netaudit.model.host import Host
from netaudit.model.netfilter.ruleset import ObjectKind

_BRIDGE = re.compile(r"docker\d+|br-[0-9a-f]{12}")
_PROXY = "docker-proxy"
_SETTINGS = (Source.DOCKERD_ARGV, Source.DAEMON_JSON)


class DaemonFacts(SubjectFacts, frozen=True):
    """What is known of the daemon."""

    engine: Annotated[
        int | None, fact("The engine's version as one number: 28.5.2 is 280502.", Source.DOCKER_VERSION)
    ] = None
    version: Annotated[str, fact("The engine's version as it says it.")] = ""
    backend: Annotated[str | None, fact("What it writes rules with: `iptables` or `nftables`.", Source.DOCKER_INFO)] = (
        None
    )
    firewalld: Annotated[
        bool | None, fact("Whether the engine says that it works with firewalld (28+).", Source.DOCKER_INFO)
    ] = None
    iptables: Annotated[bool | None, fact("Whether it manages IPv4 rules.", *_SETTINGS)] = None
    ip6tables: Annotated[bool | None, fact("Whether it manages IPv6 rules.", *_SETTINGS)] = None
    userland_proxy: Annotated[
        bool | None, fact("Whether docker-proxy serves published ports.", Source.DOCKER_INFO, *_SETTINGS)
    ] = None
    allow_direct_routing: Annotated[
        bool | None, fact("Whether containers may be addressed past their port bindings.", *_SETTINGS)
    ] = None
    bridge_accept_fwmark: Annotated[
        str | None, fact("The mark whose packets it accepts, empty for none.", *_SETTINGS)
    ] = None
    default_address: Annotated[
        str | None, fact("The host address of ports that are published without one.", *_SETTINGS)
    ] = None
    api_addresses: Annotated[
        tuple[str, ...] | None, fact("The network addresses that its API listens on.", *_SETTINGS)
    ] = None
    tls_verify: Annotated[bool | None, fact("Whether its API demands a client certificate.", *_SETTINGS)] = None
    live_restore: Annotated[bool | None, fact("Whether containers outlive the daemon.", Source.DOCKER_INFO)] = None
    swarm: Annotated[bool, fact("Whether it is part of a swarm.")] = False
    ipv6_networks: Annotated[tuple[str, ...], fact("The networks with IPv6.")] = ()
    strange_bridges: Annotated[
        tuple[str, ...], fact("Bridges named as Docker names them, with something on them, that it does not know.")
    ] = ()
    strange_proxies: Annotated[
        tuple[str, ...], fact("Ports that a docker-proxy serves, and none of its containers publishes.")
    ] = ()
    rules: Annotated[int, fact("How many rules of Docker's are there.")] = 0
    missing: Annotated[int, fact("How many rules of the daemon itself are missing.")] = 0


def daemons(view: HostView) -> Iterator[CheckSubject]:
    """Return the daemon, where Docker's inventory is known."""
    if view.inventory is None:
        return
    missing = tuple(
        one for one in view.attributed.missing if any(c.kind is CauseKind.DAEMON for c in one.attribution.causes)
    )
    facts = _facts(view, view.inventory, len(missing))
    yield CheckSubject(CheckedKind.DAEMON, "Docker daemon", "daemon", facts, missing=missing)


def _facts(view: HostView, inventory: Inventory, missing: int) -> DaemonFacts:
    options = inventory.options
    backend = options.firewall_backend
    return DaemonFacts(
        engine=view.engine,
        version=inventory.version,
        backend=view.backend,
        firewalld=None if backend is None else "firewalld" in backend,
        iptables=options.iptables,
        ip6tables=options.ip6tables,
        userland_proxy=options.userland_proxy,
        allow_direct_routing=options.allow_direct_routing,
        bridge_accept_fwmark=options.bridge_accept_fwmark,
        default_address=options.default_address,
        api_addresses=options.api_addresses,
        tls_verify=options.tls_verify,
        live_restore=options.live_restore,
        swarm=inventory.swarm,
        ipv6_networks=tuple(one.name for one in inventory.networks if one.ipv6 and one.driver == "bridge"),
        strange_bridges=strange_bridges(view.snapshot.host, inventory),
        strange_proxies=strange_proxies(view.snapshot.host, inventory),
        rules=sum(map(_is_dockers_rule, view.attributed.items)),
        missing=missing,
    )


def _is_dockers_rule(one: AttributedItem) -> bool:
    return one.attribution.maker == "docker" and one.item.object in (ObjectKind.RULE, ObjectKind.MAP)


def strange_bridges(host: Host, inventory: Inventory) -> tuple[str, ...]:
    """Return bridges with more on them than the containers of this daemon; all of an unknown bridge is more."""
    if inventory.partial:
        return ()
    ports = Counter(one.master for one in host.interfaces if one.kind == "veth" and one.peer_elsewhere)
    known = _members(inventory)
    bridges = (one.name for one in host.interfaces if one.kind == "bridge")
    return tuple(name for name in bridges if ports[name] > known.get(name, 0) and _is_dockers(name, known))


def _is_dockers(name: str, known: Counter[str]) -> bool:
    return name in known or _BRIDGE.fullmatch(name) is not None


def _members(inventory: Inventory) -> Counter[str]:
    """Count what is on each bridge of this daemon; those that are not listed one by one are not counted."""
    ends = Counter(end.network_id for one in inventory.containers for end in one.endpoints)
    bridged = (one for one in inventory.networks if one.bridge and one.driver == "bridge")
    return Counter({one.bridge: max(len(one.members), ends[one.id]) for one in bridged})


def strange_proxies(host: Host, inventory: Inventory) -> tuple[str, ...]:
    """Return the ports of docker-proxies that no container of this daemon publishes."""
    if inventory.partial:
        return ()
    known = {(bound.protocol, bound.host_port) for one in inventory.containers for bound in one.bindings}
    served = (one for one in host.listeners if _PROXY in one.programs)
    found = (f"{one.port}/{one.protocol}" for one in served if (one.protocol, one.port) not in known)
    return tuple(dict.fromkeys(found))
