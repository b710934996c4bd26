"""Facts of a host -> what the same host's Docker would say under another engine, backend or options."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from netaudit.model.facts import Facts, Source
from netaudit.parse.reading.decode import decode_json
from netaudit.plan.rehearsal.change import EngineChange, backend_of

_BRIDGE = "com.docker.network.bridge."
# Options of the daemon that the default bridge shows as options of its own.
_OF_DEFAULT_BRIDGE = {"icc": f"{_BRIDGE}enable_icc", "ip-masq": f"{_BRIDGE}enable_ip_masquerade"}
_ADDRESS = f"{_BRIDGE}host_binding_ipv4"
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
    networks = _list(facts, Source.DOCKER_NETWORKS)
    if networks is not None:
        yield Source.DOCKER_NETWORKS, _encode([_network(one, change) for one in networks])
    containers = _list(facts, Source.DOCKER_CONTAINERS)
    if containers is not None and isinstance(change.daemon.get("ip"), str):
        default = next((one.get("Name") for one in networks or [] if _is_default(one)), "bridge")
        address = str(change.daemon["ip"])
        yield Source.DOCKER_CONTAINERS, _encode([_container(one, str(default), address) for one in containers])


def _version(said: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    if not change.engine:
        return said
    return {**said, "Server": {**(said.get("Server") or {}), "Version": change.engine}}


def _info(info: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    """Let `docker info` say the new version and options: what it says goes before arguments and daemon.json."""
    info = dict(info)
    if change.engine:
        info["ServerVersion"] = change.engine
    for key, name in (("userland-proxy", "EnableUserlandProxy"), ("live-restore", "LiveRestoreEnabled")):
        if key in change.daemon:
            info[name] = change.daemon[key]
    backend = backend_of(change)
    if backend is not None:
        info["FirewallBackend"] = {"Driver": str(backend)}
    return info


def _network(network: dict[str, Any], change: EngineChange) -> dict[str, Any]:
    """Let the default bridge say the daemon's options that are its own."""
    if not _is_default(network):
        return network
    options = dict(network.get("Options") or {})
    for key, name in _OF_DEFAULT_BRIDGE.items():
        if key in change.daemon:
            options[name] = str(change.daemon[key]).lower()
    if isinstance(change.daemon.get("ip"), str):
        options[_ADDRESS] = change.daemon["ip"]
    return {**network, "Options": options}


def _is_default(network: Mapping[str, Any]) -> bool:
    return str((network.get("Options") or {}).get(f"{_BRIDGE}default_bridge", "")).lower() == "true"


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
