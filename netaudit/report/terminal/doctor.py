"""Can this host be read: each source with what it said."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from netaudit.model.engines.parts import docker_part
from netaudit.model.facts import INVENTORY_SOURCES, RULE_SOURCES, Facts, Gap, GapReason, Source, source_of_rules
from netaudit.model.snapshot import Snapshot
from netaudit.release import RELEASE
from netaudit.report.terminal.layout import tabulate_plain
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count

_WHAT = {
    Source.IPTABLES_NFT: "iptables-nft rules",
    Source.IP6TABLES_NFT: "ip6tables-nft rules",
    Source.IPTABLES_LEGACY: "iptables-legacy rules",
    Source.IP6TABLES_LEGACY: "ip6tables-legacy rules",
    Source.NFT_RULESET: "native nftables tables",
    Source.DOCKER_VERSION: "Docker's version",
    Source.DOCKER_INFO: "Docker's settings",
    Source.DOCKERD_ARGV: "dockerd's arguments",
    Source.DAEMON_JSON: "daemon.json",
    Source.DOCKER_NETWORKS: "networks",
    Source.DOCKER_CONTAINERS: "containers",
    Source.IP_ADDR: "addresses",
    Source.IP_ROUTE: "IPv4 routes",
    Source.IP6_ROUTE: "IPv6 routes",
    Source.SOCKETS: "listening sockets",
    Source.SYSCTL: "kernel settings",
}
_OTHERS: dict[str, str] = {Source.INSIDE: "rootless engines"}
_NEXT = {
    GapReason.ABSENT: "install it",
    GapReason.DENIED: "run as root",
    GapReason.CRASHED: "run it by hand, update it",
    GapReason.EMPTY: "run it by hand",
    GapReason.TIMEOUT: "raise --timeout",
    GapReason.INVALID: "run it by hand",
    GapReason.PARTIAL: "run as root",
    GapReason.INCONSISTENT: "record when the host is quieter",
    GapReason.NOT_RECORDED: "record again",
}
_NEXT_FOR_DOCKER = {
    **_NEXT,
    GapReason.ABSENT: "start Docker here, or name its socket with --docker-host",
    GapReason.CRASHED: "is dockerd running? its log tells",
    GapReason.EMPTY: "is dockerd running? its log tells",
    GapReason.INVALID: "is this an engine? name its socket with --docker-host",
    GapReason.PARTIAL: "name its socket with --docker-host",
}


def render_doctor(facts: Facts, *, root: bool, loose: Sequence[str] = (), snapshot: Snapshot | None = None) -> str:
    """Print a line for each source: what it is, whether it answered, what to do if not.

    `loose` are the folders of PATH that others may write. `snapshot` is the facts parsed, None where they cannot be.
    """
    user = "root" if root else "not root: expect gaps"
    head = f"netaudit {RELEASE} on {facts.host}, {user}\n"
    rows = [*_rows(facts, _counts(snapshot) if snapshot else {}), *_loose_rows(loose)]
    tail = f"{count(len(facts.gaps), 'gap')}\n" if facts.gaps else "everything can be read\n"
    return terminal_text(head.rstrip()) + "\n\n" + tabulate_plain(rows) + "\n\n" + tail


def _counts(snapshot: Snapshot) -> dict[str, str]:
    """Count what the sources hold: rules, networks, containers."""
    tables: Counter[Source] = Counter()
    for table in snapshot.ruleset.tables:
        tables[source_of_rules(table.backend, table.family)] += sum(len(chain.rules) for chain in table.chains)
    counts: dict[str, str] = {source: count(tables[source], "rule") for source in RULE_SOURCES}
    if inventory := docker_part(snapshot.inventory):
        running = sum(one.running for one in inventory.containers)
        containers = f"{count(len(inventory.containers), 'container')}, {running} running"
        counts |= {Source.DOCKER_NETWORKS: count(len(inventory.networks), "network")}
        counts |= {Source.DOCKER_CONTAINERS: containers}
    return counts


def _rows(facts: Facts, counts: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    gaps: dict[str, list[Gap]] = {}
    for gap in facts.gaps:
        gaps.setdefault(gap.source, []).append(gap)
    for source, what in _WHAT.items():
        if found := gaps.pop(source, None):
            yield from (("!", what, _describe(gap)) for gap in found)
        elif source in facts.unused:
            yield "-", what, "not in use"
        else:
            yield "ok", what, counts.get(source) or f"{len(facts.files.get(source, b''))} bytes"
    for source_name, found in gaps.items():
        yield from (("!", _OTHERS.get(source_name, source_name), _describe(gap)) for gap in found)


def _loose_rows(loose: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for folder in loose:
        yield "!", "PATH", f"{folder}: others may put programs there; take it out of PATH, or make it yours alone"


def _describe(gap: Gap) -> str:
    """Say why a source said nothing, and what to do about it."""
    said = f"{gap.reason}: {gap.detail or 'no more is known'}"
    if gap.source == Source.INSIDE or (gap.reason is GapReason.DENIED and "root" in gap.detail):  # it says so itself
        return said
    hints = _NEXT_FOR_DOCKER if gap.source in INVENTORY_SOURCES else _NEXT
    return f"{said}; {hints[gap.reason]}"
