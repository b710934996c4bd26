"""What Docker says on a host where only its daemon runs: three networks, and no containers."""

from hashlib import sha256
from typing import Any

import msgspec

from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.version import Version
from netaudit.plan.profile.profile import HostProfile

_BRIDGE = "com.docker.network.bridge."
_TELLS_BACKEND = Version(28, 1)  # docker info's FirewallBackend


def docker_files(profile: HostProfile) -> dict[str, bytes]:
    """Return the files of such a daemon, each as docker prints it."""
    documents: dict[str, Any] = {
        Source.DOCKER_VERSION: {"Server": {"Version": profile.engine}},
        Source.DOCKER_INFO: _info(profile),
        Source.DOCKER_NETWORKS: [_network("none", "null"), _network("host", "host"), _default_bridge(profile)],
        Source.DOCKER_CONTAINERS: [],
        Source.DAEMON_JSON: dict(profile.daemon),
    }
    files = {str(source): msgspec.json.encode(value) for source, value in documents.items()}
    return {**files, Source.DOCKERD_ARGV: b"dockerd\n"}


def _info(profile: HostProfile) -> dict[str, Any]:
    version = Version.parse(profile.engine)
    info: dict[str, Any] = {
        "ServerVersion": profile.engine,
        "LiveRestoreEnabled": profile.daemon.get("live-restore") is True,
        "Swarm": {"LocalNodeState": "inactive"},
    }
    if version >= _TELLS_BACKEND:
        info["FirewallBackend"] = {"Driver": "nftables" if profile.backend is Backend.NFTABLES else "iptables"}
    return info


def _network(name: str, driver: str, **more: object) -> dict[str, Any]:
    identity = sha256(f"netaudit profile {name}".encode()).hexdigest()
    return {
        "Name": name,
        "Id": identity,
        "Scope": "local",
        "Driver": driver,
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Config": None},
        "Internal": False,
        "Options": {},
        "Containers": {},
        **more,
    }


def _default_bridge(profile: HostProfile) -> dict[str, Any]:
    daemon = profile.daemon
    options = {
        f"{_BRIDGE}default_bridge": "true",
        f"{_BRIDGE}enable_icc": _word(daemon.get("icc", True)),
        f"{_BRIDGE}enable_ip_masquerade": _word(daemon.get("ip-masq", True)),
        f"{_BRIDGE}host_binding_ipv4": str(daemon.get("ip", "0.0.0.0")),  # noqa: S104 (Docker's own default)
        f"{_BRIDGE}name": "docker0",
    }
    pool = {"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}
    return _network("bridge", "bridge", IPAM={"Driver": "default", "Config": [pool]}, Options=options)


def _word(value: object) -> str:
    return str(value).lower()
