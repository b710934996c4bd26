"""Can this host be read: each source with what it said."""

from collections.abc import Iterator

from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.release import RELEASE
from netaudit.report.safe_text import visible
from netaudit.report.terminal import tabulate_plain
from netaudit.report.words import count

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
_NEXT = {
    GapReason.ABSENT: "install it, or name its place",
    GapReason.DENIED: "run as root",
    GapReason.CRASHED: "run it by hand, update it",
    GapReason.EMPTY: "run it by hand",
    GapReason.TIMEOUT: "raise --timeout",
    GapReason.INVALID: "run it by hand",
    GapReason.PARTIAL: "run as root",
    GapReason.INCONSISTENT: "record when the host is quieter",
    GapReason.NOT_RECORDED: "record again",
}


def render_doctor(facts: Facts, *, root: bool) -> str:
    """Print a line for each source: what it is, whether it answered, what to do if not."""
    user = "root" if root else "not root: expect gaps"
    head = f"netaudit {RELEASE} on {facts.host}, {user}\n"
    rows = [[visible(cell) for cell in row] for row in _rows(facts)]
    tail = f"{count(len(facts.gaps), 'gap')}\n" if facts.gaps else "everything can be read\n"
    return visible(head.rstrip()) + "\n\n" + tabulate_plain(rows) + "\n\n" + tail


def _rows(facts: Facts) -> Iterator[tuple[str, str, str]]:
    gaps: dict[str, list[Gap]] = {}
    for gap in facts.gaps:
        gaps.setdefault(gap.source, []).append(gap)
    for source, what in _WHAT.items():
        if found := gaps.pop(source, None):
            yield from (
                ("!", what, f"{gap.reason}: {gap.detail or 'no more is known'}; {_NEXT[gap.reason]}") for gap in found
            )
        elif source in facts.unused:
            yield "-", what, "not in use"
        else:
            yield "ok", what, f"{len(facts.files.get(source, b''))} bytes"
    for source_name, found in gaps.items():
        yield from (("!", source_name, f"{gap.reason}: {gap.detail}; {_NEXT[gap.reason]}") for gap in found)
