"""What the host's own programs printed, and what they could not."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Backend


class Source(StrEnum):
    """A file of a recording; the value is its name on disk (docs/recording.md)."""

    IPTABLES_NFT = "iptables-save.txt"
    IP6TABLES_NFT = "ip6tables-save.txt"
    IPTABLES_LEGACY = "iptables-legacy-save.txt"
    IP6TABLES_LEGACY = "ip6tables-legacy-save.txt"
    NFT_RULESET = "nft-ruleset.json"
    DOCKER_VERSION = "docker-version.json"
    DOCKER_INFO = "docker-info.json"
    DOCKERD_ARGV = "dockerd-argv.txt"
    DAEMON_JSON = "daemon.json"
    DOCKER_NETWORKS = "docker-networks.json"
    DOCKER_CONTAINERS = "docker-containers.json"
    IP_ADDR = "ip-addr.json"
    IP_ROUTE = "ip-route.json"
    IP6_ROUTE = "ip6-route.json"
    SOCKETS = "sockets.txt"
    SYSCTL = "sysctl.txt"
    IP_RULE = "ip-rule.json"
    IP6_RULE = "ip6-rule.json"
    IPSET = "ipset-save.txt"
    NFT_TABLES = "nft-tables.json"
    XT_RECENT = "xt-recent.txt"  # for each list of `-m recent` a line `list NAME`, then what the kernel shows of it
    RESOLV_CONF = "resolv.conf"
    CGROUPS = "cgroups.txt"  # lines `PID N:CONTROLLERS:PATH` of listening programs and of containers' first processes
    PODMAN_INFO = "podman-info.json"
    PODMAN_NETWORKS = "podman-networks.json"
    PODMAN_CONTAINERS = "podman-containers.json"
    PODMAN_PS = "podman-ps.json"
    INSIDE = "inside.json"  # container id -> name of a source of rules -> what it printed inside the container


RULE_SOURCES = (
    Source.IPTABLES_NFT,
    Source.IP6TABLES_NFT,
    Source.IPTABLES_LEGACY,
    Source.IP6TABLES_LEGACY,
    Source.NFT_RULESET,
)
# Where the rules of a backend are, by family: iptables' tools print each family by itself, nft prints all in one.
IPTABLES_SOURCES: Mapping[tuple[Backend, str], Source] = {
    (Backend.IPTABLES_LEGACY, Family.IP): Source.IPTABLES_LEGACY,
    (Backend.IPTABLES_LEGACY, Family.IP6): Source.IP6TABLES_LEGACY,
    (Backend.IPTABLES_NFT, Family.IP): Source.IPTABLES_NFT,
    (Backend.IPTABLES_NFT, Family.IP6): Source.IP6TABLES_NFT,
}
INVENTORY_SOURCES = (
    Source.DOCKER_VERSION,
    Source.DOCKER_INFO,
    Source.DOCKERD_ARGV,
    Source.DAEMON_JSON,
    Source.DOCKER_NETWORKS,
    Source.DOCKER_CONTAINERS,
)
PODMAN_SOURCES = (Source.PODMAN_INFO, Source.PODMAN_NETWORKS, Source.PODMAN_CONTAINERS, Source.PODMAN_PS)
_LATER_HOST_SOURCES = (
    Source.IP_RULE,
    Source.IP6_RULE,
    Source.IPSET,
    Source.NFT_TABLES,
    Source.XT_RECENT,
    Source.RESOLV_CONF,
    Source.CGROUPS,
)
HOST_SOURCES = (
    Source.IP_ADDR,
    Source.IP_ROUTE,
    Source.IP6_ROUTE,
    Source.SOCKETS,
    Source.SYSCTL,
    *_LATER_HOST_SOURCES,
)
# Older recordings lack them, and so do folders that other programs filled: what would need them says so, and no gap.
LATER = frozenset((*_LATER_HOST_SOURCES, *PODMAN_SOURCES))
OBJECT_SOURCES = (Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS)  # what tells which rules Docker ought to have
ON_REQUEST = frozenset({Source.INSIDE})  # in a recording only on request


def source_of_rules(backend: Backend, family: str) -> Source:
    """Return the file that holds a backend's rules of a family."""
    if backend is Backend.IPSET:
        return Source.IPSET
    return IPTABLES_SOURCES.get((backend, family), Source.NFT_RULESET)


class GapReason(StrEnum):
    """Why a source said nothing, or not all."""

    ABSENT = "absent"  # the program, socket or file is not on the host
    DENIED = "denied"  # not enough privilege
    CRASHED = "crashed"  # died, or answered with an error
    EMPTY = "empty"  # printed nothing where it should not
    TIMEOUT = "timeout"  # did not answer in time
    INVALID = "invalid"  # answered something that cannot be read
    PARTIAL = "partial"  # answered, but not for everything
    INCONSISTENT = "inconsistent"  # answered, but changed while the others were asked
    NOT_RECORDED = "not recorded"  # the recording has no such file and does not say why


class Gap(msgspec.Struct, frozen=True, order=True):
    """Something that could not be seen; every report shows it."""

    source: str
    reason: GapReason
    detail: str = ""


class Facts(msgspec.Struct, frozen=True):
    """One host at one instant, as its own programs printed it.

    `files` maps a Source's file name to what was printed. `unused` lists sources that were looked at and
    are not in use on the host (no legacy table is loaded, no daemon.json exists): neither a file nor a gap.
    """

    files: dict[str, bytes]
    gaps: tuple[Gap, ...] = ()
    unused: tuple[str, ...] = ()
    host: str = ""
    taken_at: str = ""  # RFC 3339, UTC
    digest: str = ""  # SHA-256 over the files: the identity of a recording
    partial: bool = False  # taken while rules or containers still changed
    generation: int | None = None  # of nf_tables' ruleset, where this process read the host itself
    names: Mapping[str, str] = {}  # of files that other programs or people wrote: how the user calls them
