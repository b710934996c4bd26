"""A host's profile -> the facts of such a host, on which its daemon has started."""

from collections.abc import Iterator, Mapping

import msgspec

from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Inventory
from netaudit.model.facts import IPTABLES_SOURCES, Facts, Gap, GapReason, Source
from netaudit.model.forwarding import sysctl_name
from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family, family_of
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_ruleset
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.parse.nftables.ruleset import read_objects
from netaudit.plan.profile.docker import docker_files
from netaudit.plan.profile.printed import nft_objects, print_addresses, print_routes, print_save
from netaudit.plan.profile.profile import HostProfile, interfaces_of
from netaudit.plan.rehearsal.rehearsal import restart_daemon
from netaudit.plan.rules.surroundings import host_after, own_routes

_DOCKER_TABLES = ("docker-bridges",)
_BRIDGED = ("bridge.bridge-nf-call-iptables", "bridge.bridge-nf-call-ip6tables")
_OFF_AT_FIRST = ("ipv4.conf.{}.route_localnet",)
_FORWARDING = ("ipv4.conf.{}.forwarding", "ipv6.conf.{}.forwarding")
_IPV6 = 6
_LINK_LOCAL = "fe80::/64"  # each interface that has an IPv6 address has one of these too
_LO = "lo"
_LOOPBACK = (HostAddress("127.0.0.1", 8, "host"), HostAddress("::1", 128, "host"))


def profile_facts(profile: HostProfile, firewall: Facts | None, catalog: Catalog) -> Facts:
    """Return the facts of the host; `firewall` are the rules that its own firewall loads before Docker starts."""
    ruleset = parse_ruleset(firewall) if firewall else Ruleset()
    docker = docker_files(profile)
    inventory = parse_inventory(Facts(docker)) or Inventory()
    before = Snapshot(ruleset, Inventory(inventory.version, inventory.options), host=_host(profile))
    started = restart_daemon(before, inventory, catalog, profile.backend)
    host = host_after(before.host, Inventory(), inventory, started.sysctls)
    files = {**docker, **dict(_rules(started.ruleset, profile, firewall)), **dict(_host_files(host, profile))}
    gaps = () if profile.listeners is not None else (Gap(Source.SOCKETS, GapReason.NOT_RECORDED, "a host profile"),)
    return Facts(files, gaps=gaps, unused=_unused(files), host=profile.name)


def _unused(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name what is not in use: the backends without rules, daemon.json without keys."""
    sources = (*IPTABLES_SOURCES.values(), Source.NFT_RULESET, Source.DAEMON_JSON)
    return tuple(str(source) for source in sources if source not in files)


def _rules(ruleset: Ruleset, profile: HostProfile, firewall: Facts | None) -> Iterator[tuple[str, bytes]]:
    """Print the rules: iptables' of both families where it is in use, and nft's with Docker's tables in place."""
    for (backend, family), source in IPTABLES_SOURCES.items():
        tables = [table for table in ruleset.tables if (table.backend, table.family) == (backend, family)]
        if tables or backend is profile.backend:
            yield source, print_save(tables)
    native = [table for table in ruleset.tables if table.name in _DOCKER_TABLES and table.backend is Backend.NFTABLES]
    printed = firewall.files.get(Source.NFT_RULESET) if firewall else None
    kept = read_objects(printed, Source.NFT_RULESET) if printed else []
    if native or kept:
        objects = [*({kind: body} for kind, body in kept), *(one for table in native for one in nft_objects(table))]
        yield Source.NFT_RULESET, msgspec.json.encode({"nftables": objects})


def _host_files(host: Host, profile: HostProfile) -> Iterator[tuple[str, bytes]]:
    yield Source.IP_ADDR, print_addresses(host)
    routes = print_routes(host)
    yield Source.IP_ROUTE, routes[Family.IP]
    yield Source.IP6_ROUTE, routes[Family.IP6]
    yield Source.SYSCTL, "".join(f"{name} = {value}\n" for name, value in host.sysctls).encode()
    if profile.listeners is not None:
        lines = (f"{one.protocol} LISTEN 0 0 {_bracketed(one.address)}:{one.port} *:*\n" for one in profile.listeners)
        yield Source.SOCKETS, "".join(lines).encode()


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _host(profile: HostProfile) -> Host:
    """Return the host before its daemon starts, with the routes that follow from its addresses."""
    named = interfaces_of(profile)
    interfaces = [_loopback(named), *(one for one in named if one.name != _LO)] if named else []
    return Host(
        interfaces=tuple(interfaces),
        routes=tuple(_routes(profile)) if named else (),
        sysctls=tuple((f"net.{name}", value) for name, value in _switches(profile, interfaces)),
    )


def _switches(profile: HostProfile, interfaces: list[Interface]) -> Iterator[tuple[str, str]]:
    """List the kernel's switches before Docker starts: each interface has its own."""
    forwards = "1" if profile.forwarding else "0"
    yield "ipv4.ip_forward", forwards
    yield from ((switch, "1") for switch in _BRIDGED if profile.br_netfilter)
    for name in ("all", "default", *(sysctl_name(one.name) for one in interfaces)):
        yield from ((switch.format(name), forwards) for switch in _FORWARDING)
        yield from ((switch.format(name), "0") for switch in _OFF_AT_FIRST)


def _loopback(named: list[Interface]) -> Interface:
    """Return the loopback interface, which every host has, with what a profile gives it beside its own addresses."""
    given = (address for one in named if one.name == _LO for address in one.addresses)
    more = (one for one in given if not one.ip.is_loopback)
    return Interface(_LO, "", (*_LOOPBACK, *more), 1, up=True)


def _routes(profile: HostProfile) -> Iterator[Route]:
    for subnet in ("127.0.0.0/8", "127.0.0.1/32", "::1/128"):
        yield _local(_LO, subnet)
    for one in profile.interfaces:
        for address in one.addresses:
            if not address.ip.is_loopback:
                own = own_routes(one.name, address)
                yield from (route for route in own if one.name != _LO or route.kind == "local")
        if one.name != _LO and any(address.ip.version == _IPV6 for address in one.addresses):
            yield Route(Family.IP6, _LINK_LOCAL, (NextHop(one.name),), metric=256)
        for gateway in one.gateways:
            family = family_of(gateway)
            yield Route(family, "::/0" if family is Family.IP6 else "0.0.0.0/0", (NextHop(one.name, gateway),))


def _local(interface: str, subnet: str) -> Route:
    return Route(family_of(subnet), subnet, (NextHop(interface),), "local", "local", "host")
