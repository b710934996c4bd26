"""What Docker says on a host where only its daemon runs: three networks, and no containers."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.version import Version
from netaudit.plan.profile.profile import HostProfile, interfaces_of
from netaudit.plan.rehearsal.default_bridge import NO_BRIDGE, default_pools

_MTU_OPTION = "com.docker.network.driver.mtu"
_TELLS_BACKEND = Version(28, 1)  # docker info's FirewallBackend


def docker_files(profile: HostProfile) -> dict[str, bytes]:
    """Return the files of such a daemon, each as docker prints it."""
    documents: dict[str, Any] = {
        Source.DOCKER_VERSION: {"Server": {"Version": profile.engine}},
        Source.DOCKER_INFO: _info(profile),
        Source.DOCKER_NETWORKS: [_network("none", "null"), _network("host", "host"), *_default_bridge(profile)],
        Source.DOCKER_CONTAINERS: [],
        Source.DAEMON_JSON: dict(profile.daemon),
    }
    files = {str(source): msgspec.json.encode(value) for source, value in documents.items()}
    return {**files, Source.DOCKERD_ARGV: b"dockerd\n"}


def _info(profile: HostProfile) -> dict[str, Any]:
    version = Version.parse(profile.engine)
    pools = profile.daemon.get("default-address-pools")
    info: dict[str, Any] = {
        "ServerVersion": profile.engine,
        "LiveRestoreEnabled": profile.daemon.get("live-restore") is True,
        "Swarm": {"LocalNodeState": "inactive"},
        **({"DefaultAddressPools": pools} if pools else {}),
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


def _default_bridge(profile: HostProfile) -> Iterator[dict[str, Any]]:
    daemon = profile.daemon
    if daemon.get("bridge") == NO_BRIDGE:
        return
    options = {
        f"{BRIDGE_OPTION}default_bridge": "true",
        f"{BRIDGE_OPTION}enable_icc": _word(daemon.get("icc", True)),
        f"{BRIDGE_OPTION}enable_ip_masquerade": _word(daemon.get("ip-masq", True) and daemon.get("iptables", True)),
        f"{BRIDGE_OPTION}host_binding_ipv4": str(daemon.get("ip", "0.0.0.0")),  # noqa: S104 (Docker's own default)
        f"{BRIDGE_OPTION}name": str(daemon.get("bridge") or "docker0"),
        _MTU_OPTION: str(daemon.get("mtu", 1500)),
    }
    pools = default_pools(daemon, Version.parse(profile.engine), [], interfaces_of(profile))
    ipv6 = any(":" in pool["Subnet"] for pool in pools)
    ipam = {"Driver": "default", "Config": pools}
    yield _network("bridge", "bridge", EnableIPv6=ipv6, IPAM=ipam, Options=options)


def _word(value: object) -> str:
    return str(value).lower()
