"""Facts of a host -> what the same host's Docker would say under another engine, backend or options."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.facts import Facts, Source
from netaudit.model.version import Version
from netaudit.parse.docker.options import parse_version
from netaudit.parse.host.host import parse_host
from netaudit.parse.reading.decode import decode_json
from netaudit.plan.rehearsal.change import EngineChange, backend_of, bridge_pools
from netaudit.plan.rehearsal.default_bridge import (
    NO_BRIDGE,
    decides,
    is_default,
    move_containers,
    stop_containers,
)

# Options of the daemon that the default bridge shows as options of its own.
_OF_DEFAULT_BRIDGE = {"icc": f"{BRIDGE_OPTION}enable_icc", "ip-masq": f"{BRIDGE_OPTION}enable_ip_masquerade"}
_OF_VERSION = ("ApiVersion", "MinAPIVersion", "Components")  # what else says which engine it was
_ADDRESS = f"{BRIDGE_OPTION}host_binding_ipv4"
_ANY = "0.0.0.0"  # noqa: S104 (as Docker writes it)


def rehearsed_facts(facts: Facts, change: EngineChange) -> Facts:
    """Return the facts; what Docker printed is printed again, with what is to be different."""
    files = dict(facts.files)
    files |= dict(_documents(facts, change))
    argv = files.get(Source.DOCKERD_ARGV)
    if argv is not None:
        files[Source.DOCKERD_ARGV] = _without(argv, _set_keys(change))
    unused = tuple(name for name in facts.unused if name != Source.DAEMON_JSON)
    return replace(facts, files=files, unused=unused if change.daemon else facts.unused)


def _documents(facts: Facts, change: EngineChange) -> Iterator[tuple[str, bytes]]:
    yield Source.DOCKER_VERSION, _encode(_version(_object(facts, Source.DOCKER_VERSION), change))
    yield Source.DOCKER_INFO, _encode(_info(_object(facts, Source.DOCKER_INFO), change))
    if change.daemon:
        yield Source.DAEMON_JSON, _encode({**_object(facts, Source.DAEMON_JSON), **change.daemon})
    networks, containers = _list(facts, Source.DOCKER_NETWORKS), _list(facts, Source.DOCKER_CONTAINERS)
    if networks is None:
        return
    default = next((one for one in networks if is_default(one)), None)
    again = _default_network(default, facts, change) if default else None
    afterwards = (again if one is default else one for one in networks)
    yield Source.DOCKER_NETWORKS, _encode([one for one in afterwards if one is not None])
    if containers is not None and default is not None:
        yield (
            Source.DOCKER_CONTAINERS,
            _encode(_containers(containers, default, again, change, _version_of(facts, change))),
        )


def _default_network(default: dict[str, Any], facts: Facts, change: EngineChange) -> dict[str, Any] | None:
    """Return the default bridge as options make it; none where they turn it off."""
    network, options = _network(default, change), _daemon_options(facts, change)
    if options.get("bridge") == NO_BRIDGE:
        return None
    if not decides(change.daemon):
        return network
    ipam = network.get("IPAM") or {}
    version = _version_of(facts, change)
    there = [one for one in ipam.get("Config") or () if isinstance(one, dict)]
    pools = bridge_pools(options, version, there, parse_host(facts).interfaces)
    ipv6 = options.get("ipv6", network.get("EnableIPv6")) is True and any(":" in one["Subnet"] for one in pools)
    return {**network, "EnableIPv6": ipv6, "IPAM": {**ipam, "Config": pools}}


def _containers(
    containers: list[dict[str, Any]],
    default: dict[str, Any],
    again: dict[str, Any] | None,
    change: EngineChange,
    version: Version,
) -> list[dict[str, Any]]:
    if again is None:
        return stop_containers(containers, default)
    if isinstance(change.daemon.get("ip"), str):
        containers = [_container(one, str(again.get("Name")), str(change.daemon["ip"])) for one in containers]
    return move_containers(containers, again, version) if decides(change.daemon) else containers


def _version_of(facts: Facts, change: EngineChange) -> Version:
    return Version.parse(change.engine or parse_version(facts))


def _daemon_options(facts: Facts, change: EngineChange) -> dict[str, object]:
    """Return the options that the daemon has now, with what is to be different."""
    return {**_object(facts, Source.DAEMON_JSON), **change.daemon}


def _version(said: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    if not change.engine:
        return said
    server = {key: value for key, value in (said.get("Server") or {}).items() if key not in _OF_VERSION}
    return {**said, "Server": {**server, "Version": change.engine}}


def _info(info: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    """Let `docker info` say the new version and options: what it says goes before arguments and daemon.json."""
    info = dict(info)
    if change.engine:
        info["ServerVersion"] = change.engine
    for key, name in (("userland-proxy", "EnableUserlandProxy"), ("live-restore", "LiveRestoreEnabled")):
        if key in change.daemon:
            info[name] = change.daemon[key]
    if "default-address-pools" in change.daemon:
        info["DefaultAddressPools"] = change.daemon["default-address-pools"]
    backend = backend_of(change)
    if backend is not None:
        info["FirewallBackend"] = {"Driver": str(backend)}
    return info


def _network(network: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    """Let the default bridge say the daemon's options that are its own."""
    options = dict(network.get("Options") or {})
    for key, name in _OF_DEFAULT_BRIDGE.items():
        if key in change.daemon:
            options[name] = str(change.daemon[key]).lower()
    for key, name in (("ip", _ADDRESS), ("bridge", f"{BRIDGE_OPTION}name")):
        if change.daemon.get(key) and isinstance(change.daemon[key], str):
            options[name] = change.daemon[key]
    if change.daemon.get("iptables") is False:
        options[_OF_DEFAULT_BRIDGE["ip-masq"]] = "false"
    return {**network, "Options": options}


def _container(container: dict[str, Any], default: str, address: str) -> dict[str, Any]:
    """Publish a port for which no host address was asked on the daemon's own, on the default bridge alone."""
    settings = container.get("NetworkSettings") or {}
    if set(settings.get("Networks") or {}) != {default}:
        return container
    wanted = (container.get("HostConfig") or {}).get("PortBindings") or {}
    ports = {
        port: _published(hosts, address) if any(not one.get("HostIp") for one in wanted.get(port) or []) else hosts
        for port, hosts in (settings.get("Ports") or {}).items()
    }
    return {**container, "NetworkSettings": {**settings, "Ports": ports}}


def _published(hosts: list[dict[str, Any]] | None, address: str) -> list[dict[str, Any]] | None:
    if hosts is None:
        return None
    same_family = [host for host in hosts if (":" in str(host.get("HostIp"))) == (":" in address)] or hosts
    return [{**host, "HostIp": address} for host in same_family]


def _set_keys(change: EngineChange) -> frozenset[str]:
    backend = {"firewall-backend"} if change.backend is not None else set[str]()
    return frozenset({*change.daemon, *backend})


def _without(argv: bytes, keys: frozenset[str]) -> bytes:
    """Leave out arguments that say otherwise: `--key=value`, `--key value`, `--key`."""
    kept: list[str] = []
    dropped = False
    for word in argv.decode(errors="surrogateescape").split("\n"):
        if word.startswith("-"):
            dropped = word.lstrip("-").partition("=")[0] in keys
            if dropped:
                dropped = "=" not in word
                continue
        elif dropped:
            dropped = False
            continue
        kept.append(word)
    return "\n".join(kept).encode(errors="surrogateescape")


def _object(facts: Facts, source: Source) -> dict[str, Any]:
    data = facts.files.get(source, b"{}")
    return decode_json(data, dict[str, Any], source=source, expected="a JSON object")


def _list(facts: Facts, source: Source) -> list[dict[str, Any]] | None:
    data = facts.files.get(source)
    if data is None:
        return None
    return decode_json(data, list[dict[str, Any]], source=source, expected="a list of JSON objects")


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value)
