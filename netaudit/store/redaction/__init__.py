"""Replace addresses, names and texts in facts, by a secret key, so that nobody can tell whose host it was.

In: facts and a key. Out: facts that still compare and attribute as before, and a count of what was replaced.
Begin with redactor.py.

Two recordings that were redacted with one key still compare, and attribution still proves what it proved: subnets
hold what they held, br-ID still names its network. Redaction is by allow-list: what is not known to be harmless is
replaced or left away, and the result says what was done. Words that makers of rules write come from the catalog.

    addresses         prefix-preserving; ranges that mean the same everywhere stay
    names             pseudonyms for names, ids, interfaces, MAC addresses and free text
    words             the words of the kernel and its tools that stay
    known             the names that the catalog's makers give, which stay
    redactor          all of these with one key, and the count of what was done
    rules             iptables-save text, nft JSON
    schema            JSON, field by field
    docker, daemon    Docker's JSON and the daemon's options
    host              interfaces, routes, sockets, sysctls
    key               the key's file
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Network, ip_network

import msgspec

from netaudit.attribute.signatures.signature import Catalog
from netaudit.errors import ParseError
from netaudit.model.docker import Inventory
from netaudit.model.engines.rootless import describe_rootless
from netaudit.model.facts import IPTABLES_SOURCES, PODMAN_SOURCES, RULE_SOURCES, Facts, Gap, GapReason, Source
from netaudit.parse import read_inside, read_source
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.parse.host.interfaces import parse_interfaces
from netaudit.parse.reading.result import ParseResult
from netaudit.store.format.index import digest
from netaudit.store.redaction.daemon import redact_arguments, redact_daemon_json
from netaudit.store.redaction.docker import redact_containers, redact_info, redact_networks, redact_version
from netaudit.store.redaction.host import (
    redact_groups,
    redact_interfaces,
    redact_policy,
    redact_resolver,
    redact_routes,
    redact_sockets,
    redact_sysctls,
)
from netaudit.store.redaction.key import load_key
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.rules.iptables import print_redacted
from netaudit.store.redaction.rules.lists import redact_ipsets, redact_recent
from netaudit.store.redaction.rules.nft import redact_nft
from netaudit.store.redaction.tally import Kind, Removal

__all__ = ["Kind", "Redaction", "Removal", "load_key", "redact"]

_REDACTIONS: Mapping[Source, Callable[[bytes, Redactor, Source], bytes]] = {
    Source.NFT_RULESET: redact_nft,
    Source.DOCKER_VERSION: redact_version,
    Source.DOCKER_INFO: redact_info,
    Source.DOCKERD_ARGV: redact_arguments,
    Source.DAEMON_JSON: redact_daemon_json,
    Source.DOCKER_NETWORKS: redact_networks,
    Source.IP_ADDR: redact_interfaces,
    Source.IP_ROUTE: redact_routes,
    Source.IP6_ROUTE: redact_routes,
    Source.SOCKETS: redact_sockets,
    Source.SYSCTL: redact_sysctls,
    Source.NFT_TABLES: redact_nft,
    Source.IP_RULE: redact_policy,
    Source.IP6_RULE: redact_policy,
    Source.IPSET: redact_ipsets,
    Source.XT_RECENT: redact_recent,
    Source.RESOLV_CONF: redact_resolver,
    Source.CGROUPS: redact_groups,
}
_SOURCES = frozenset(map(str, Source))
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)", re.ASCII)
# What a gap of a reading says before a name: all else that a gap says may hold one.
_SAID = ("not listed: table ", "the address of", "the port of")
_DROPPED = (Kind.OBJECT, Kind.FILE)


class Redaction(msgspec.Struct, frozen=True):
    """Redacted facts, and what was replaced and removed in them."""

    facts: Facts
    removed: tuple[Removal, ...]


def redact(facts: Facts, key: bytes, catalog: Catalog) -> Redaction:
    """Replace what tells whose host it was. Raises ParseError for damaged facts: what is not read is not given away."""
    redactor = Redactor(key, catalog)
    try:
        redacted = _redact(facts, redactor)
    except RecursionError as error:
        hint = "record the host again"
        raise ParseError("nests without end: no program prints that", source=redactor.tally.file, hint=hint) from error
    return Redaction(redacted, redactor.tally.summary())


def _redact(facts: Facts, redactor: Redactor) -> Facts:
    redactor.keep_ends(_networks(facts))
    inventory = parse_inventory(facts)
    readings = _readings(facts, inventory)
    files = {**_redact_rules(readings, redactor), **_redact_others(facts, inventory, redactor)}
    if Source.INSIDE in facts.files:
        files[str(Source.INSIDE)] = _redact_inside(facts, redactor)
    for source in PODMAN_SOURCES:  # no kinds are known for their fields
        redactor.tally.file = str(source)
        redactor.count(Kind.FILE, int(source in facts.files))
    redactor.tally.file = "other files"
    redactor.count(Kind.FILE, len(facts.files.keys() - _SOURCES))
    lost = (gap for source, reading in readings.items() for gap in reading.gaps(source))
    return msgspec.structs.replace(
        facts,
        files=files,
        gaps=(*map(_gap, facts.gaps), *map(_gap, lost), *_dropped(redactor)),
        unused=tuple(name for name in facts.unused if name in _SOURCES),
        host=redactor.names.pseudonym("host", facts.host) if facts.host else "",
        taken_at=facts.taken_at if _TIME.fullmatch(facts.taken_at) else "",
        digest=digest(files),
    )


def _networks(facts: Facts) -> Iterator[IPv4Network]:
    """List the networks of this host's interfaces that have a broadcast address."""
    addresses = (one for face in parse_interfaces(facts.files.get(Source.IP_ADDR, b"")) for one in face.addresses)
    for one in addresses:
        with suppress(ValueError):  # a recording may say anything
            network = ip_network(f"{one.local}/{one.prefix}", strict=False)
            if isinstance(network, IPv4Network) and network.prefixlen < network.max_prefixlen - 1:
                yield network


def _gap(gap: Gap) -> Gap:
    """Keep what is lacking and why; how it was said may name somebody."""
    detail = next((said for said in _SAID if gap.detail.startswith(said)), "")
    return Gap(gap.source if gap.source in _SOURCES else "another source", gap.reason, detail.partition(":")[0])


def _dropped(redactor: Redactor) -> Iterator[Gap]:
    """Say what was dropped as a whole: the redacted facts know less than the recording."""
    for one in redactor.tally.summary():
        if one.kind in _DROPPED:
            yield Gap(one.file, GapReason.PARTIAL, f"by redaction: {one.kind}: {one.count}")


def _readings(facts: Facts, inventory: Inventory | None = None) -> dict[Source, ParseResult]:
    there = (source for source in IPTABLES_SOURCES.values() if source in facts.files)
    return {source: read_source(facts, source, inventory=inventory) for source in there}


def _redact_rules(readings: Mapping[Source, ParseResult], redactor: Redactor, within: str = "") -> dict[str, bytes]:
    """Redact iptables' rules; what is done is counted for `within`, or for the file that holds them."""
    files: dict[str, bytes] = {}
    for source, reading in readings.items():
        redactor.tally.file = within or str(source)
        files[str(source)] = print_redacted(reading.tables, redactor)
    return files


def _redact_others(facts: Facts, inventory: Inventory | None, redactor: Redactor) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for source, redact_one in _REDACTIONS.items():
        if source in facts.files:
            redactor.tally.file = str(source)
            files[str(source)] = redact_one(facts.files[source], redactor, source)
    if Source.DOCKER_CONTAINERS in facts.files:
        redactor.tally.file = str(Source.DOCKER_CONTAINERS)
        files[redactor.tally.file] = redact_containers(facts.files[Source.DOCKER_CONTAINERS], redactor, inventory)
    return files


def _redact_inside(facts: Facts, redactor: Redactor) -> bytes:
    """Redact the rules inside containers in the same way as the rules of the host."""
    hidden: dict[str, dict[str, str]] = {}
    for container, inside in read_inside(facts):
        files = _redact_rules(_readings(inside), redactor, str(Source.INSIDE))
        redactor.tally.file = str(Source.INSIDE)
        if Source.NFT_RULESET in inside.files:
            files[str(Source.NFT_RULESET)] = redact_nft(inside.files[Source.NFT_RULESET], redactor, Source.NFT_RULESET)
        redactor.count(Kind.FILE, len(inside.files.keys() - set(RULE_SOURCES)))
        place = container if describe_rootless(container) else redactor.names.id(container)
        hidden[place] = {name: text.decode() for name, text in files.items()}
    return msgspec.json.encode(hidden)
