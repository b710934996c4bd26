"""A host as it was read -> what is made of it in a replica."""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping

from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, Interface, Route
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Ruleset, Table
from netaudit.parse.nftables.ruleset import read_objects
from netaudit.replica.order import Json, NftTable

_NAME = re.compile(r"(?!-)[\w.:@+%=~-]{1,15}", re.ASCII)
_MADE_BY_ADDRESSES = frozenset({"local", "broadcast", "multicast", "anycast"})
_KIND = {Backend.IPTABLES_NFT: "nft", Backend.IPTABLES_LEGACY: "legacy"}
_TOOL = {"ip": "iptables", "ip6": "ip6tables"}
_SET_OF_RULE = re.compile(r"--match-set (\S+) |--(?:add|del|map)-set (\S+) ")
_SWITCH = re.compile(r"net(?:\.[^./\s][^.\s]*)+")


def links_of(host: Host) -> Iterator[str]:
    """Write what makes the interfaces and their addresses. All are bridges: rules ask for names alone."""
    yield "link set lo up"
    for one in host.interfaces:
        if one.name == "lo" or not _is_wanted(one):
            continue
        yield f"link add name {one.name} type bridge"
        if one.up:
            yield f"link set {one.name} up"
    for one in host.interfaces:
        if _is_wanted(one):
            yield from _addresses(one)


def _is_wanted(one: Interface) -> bool:
    """Leave out the host's ends of containers: they have no addresses, and there may be thousands."""
    return bool(_NAME.fullmatch(one.name)) and bool(one.kind != "veth" or one.addresses)


def _addresses(one: Interface) -> Iterator[str]:
    for address in one.addresses:
        if one.name == "lo" and address.ip.is_loopback:
            continue
        nodad = " nodad" if address.ip.version == 6 else ""
        yield f"addr add {address.ip}/{address.prefix} dev {one.name}{nodad}"


def routes_of(host: Host) -> Iterator[str]:
    """Write what makes the routes that do not come with addresses."""
    links = {one.name for one in host.interfaces if _is_wanted(one) and one.up}
    for one in host.routes:
        hop = one.hops[0] if len(one.hops) == 1 else None
        if one.kind in _MADE_BY_ADDRESSES or one.table == "local" or not _NAME.fullmatch(one.table):
            continue
        if hop is not None and hop.interface in links:
            via = f" via {hop.gateway}" if hop.gateway else ""
            yield f"route replace {one.destination}{via} dev {hop.interface} table {one.table}{_metric(one)}"


def _metric(one: Route) -> str:
    return f" metric {one.metric}" if one.metric else ""


def switches_of(host: Host) -> dict[str, str]:
    """Return the values of switches by their paths; sysctl(8) writes dots for slashes, and a slash for a dot."""
    swapped = str.maketrans("./", "/.")
    return {name.translate(swapped): value for name, value in host.sysctls if _SWITCH.fullmatch(name)}


def saves_of(ruleset: Ruleset) -> dict[str, bytes]:
    """Return the text of iptables' rules by the program that restores it."""
    texts: dict[str, list[str]] = {}
    for table in ruleset.tables:
        if table.backend in IPTABLES_BACKENDS and table.family in _TOOL:
            texts.setdefault(_restore(table.backend, table.family), []).extend(save_lines(table))
    return {program: ("\n".join(lines) + "\n").encode(errors="surrogateescape") for program, lines in texts.items()}


def _restore(backend: Backend, family: str) -> str:
    named = f"{_TOOL[family]}-{_KIND[backend]}-restore"
    return named if shutil.which(named) or backend is Backend.IPTABLES_LEGACY else f"{_TOOL[family]}-restore"


def save_lines(table: Table) -> Iterator[str]:
    """Write a table as iptables-save does."""
    yield f"*{table.name}"
    yield from (f":{chain.name} {chain.policy or '-'} [0:0]" for chain in table.chains)
    for chain in table.chains:
        for rule in chain.rules:
            counters = "" if rule.packets is None else f"[{rule.packets}:{rule.octets or 0}] "
            yield f"{counters}{rule.text}"
    yield "COMMIT"


def nft_tables(facts: Facts, ruleset: Ruleset) -> tuple[NftTable, ...]:
    """Return the native tables, each with its objects in the order in which nft printed them."""
    native = {(table.family, table.name) for table in ruleset.tables if table.backend is Backend.NFTABLES}
    return tuple(one for one in tables_in(facts.files.get(Source.NFT_RULESET, b"")) if (one.family, one.name) in native)


def empty_tables(facts: Facts, ruleset: Ruleset) -> tuple[NftTable, ...]:
    """Return the tables that hold no chain, set or map: the kernel's list of tables alone has them."""
    printed = tables_in(facts.files.get(Source.NFT_RULESET, b""))
    others = {(str(one.family), one.name) for one in ruleset.tables} | {(one.family, one.name) for one in printed}
    listed = tables_in(facts.files.get(Source.NFT_TABLES, b""))
    return tuple(one for one in listed if (one.family, one.name) not in others)


def tables_in(printed: bytes) -> tuple[NftTable, ...]:
    """Return all tables that nft printed."""
    own: dict[tuple[str, str], list[tuple[str, Mapping[str, Json]]]] = {}
    for kind, body in read_objects(printed, Source.NFT_RULESET) if printed.strip() else ():
        if kind == "table" or "table" in body:
            name = str(body.get("name" if kind == "table" else "table"))
            own.setdefault((str(body.get("family")), name), []).append((kind, body))
    return tuple(NftTable(family, name, tuple(objects)) for (family, name), objects in own.items())


def sets_of(facts: Facts, ruleset: Ruleset) -> tuple[str, ...]:
    """Return texts for `ipset restore`: the host's sets as recorded, and those that rules ask for all the same."""
    recorded = facts.files.get(Source.IPSET, b"").decode(errors="replace")
    asked = (f"create {name} hash:net\n" for name in _named_sets(ruleset) if f"create {name} " not in recorded)
    return tuple(text for text in (recorded, *asked) if text)


def _named_sets(ruleset: Ruleset) -> tuple[str, ...]:
    texts = (rule.text for table in _of_iptables(ruleset) for chain in table.chains for rule in chain.rules)
    found = (name for text in texts if "-set " in text for pair in _SET_OF_RULE.findall(f"{text} ") for name in pair)
    return tuple(dict.fromkeys(name for name in found if name))


def _of_iptables(ruleset: Ruleset) -> Iterable[Table]:
    return (table for table in ruleset.tables if table.backend in IPTABLES_BACKENDS)


def docker_backend(ruleset: Ruleset) -> str:
    """Return which iptables the host uses, nft or legacy: where Docker's chains are, else where more rules are."""
    weights = dict.fromkeys(_KIND.values(), 0)
    for table in _of_iptables(ruleset):
        names = {chain.name for chain in table.chains}
        rules = sum(len(chain.rules) for chain in table.chains)
        weights[_KIND[table.backend]] += rules + (1_000_000 if "DOCKER" in names else 0)
    best = max(weights, key=lambda kind: weights[kind])
    return best if weights[best] else ""
