"""The daemon's arguments and daemon.json -> options that no API shows."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from netaudit.model.docker import DaemonOptions
from netaudit.model.engines.rootless import describe_rootless
from netaudit.model.facts import Facts, GapReason, Source
from netaudit.model.version import Version
from netaudit.parse.reading.decode import decode_json

_NFTABLES = Version(29)


class _Backend(msgspec.Struct):
    driver: str = msgspec.field(name="Driver", default="")


class _Details(msgspec.Struct):
    network_driver: str = msgspec.field(name="NetworkDriver", default="")
    port_driver: str = msgspec.field(name="PortDriver", default="")


class _Component(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")
    details: _Details | None = msgspec.field(name="Details", default=None)


class _Server(msgspec.Struct):
    version: str = msgspec.field(name="Version", default="")
    components: list[_Component] | None = msgspec.field(name="Components", default=None)


class _Version(msgspec.Struct):
    server: _Server | None = msgspec.field(name="Server", default=None)


VXLAN_PORT = 4789  # unless the swarm was made with --data-path-port, which only its managers tell


class _Cluster(msgspec.Struct):
    data_path_port: int = msgspec.field(name="DataPathPort", default=0)


class _Swarm(msgspec.Struct):
    state: str = msgspec.field(name="LocalNodeState", default="")
    cluster: _Cluster = msgspec.field(name="Cluster", default_factory=_Cluster)


class Info(msgspec.Struct):
    """What netaudit reads of `docker info`."""

    version: str = msgspec.field(name="ServerVersion", default="")
    backend: _Backend | None = msgspec.field(name="FirewallBackend", default=None)
    userland_proxy: bool | None = msgspec.field(name="EnableUserlandProxy", default=None)
    live_restore: bool | None = msgspec.field(name="LiveRestoreEnabled", default=None)
    security: list[str] | None = msgspec.field(name="SecurityOptions", default=None)
    swarm: _Swarm = msgspec.field(name="Swarm", default_factory=_Swarm)
    containers: int | None = msgspec.field(name="Containers", default=None)


def parse_version(facts: Facts) -> str:
    """Return the engine's version, "" where only the client answered."""
    server = _server(facts)
    return server.version if server else ""


def _server(facts: Facts) -> _Server | None:
    data = facts.files.get(Source.DOCKER_VERSION, b"{}")
    return decode_json(data, _Version, source=Source.DOCKER_VERSION, expected="what Docker prints").server


def _port_driver(facts: Facts) -> str:
    """Return rootlesskit's port driver; where it is not told, the one that is its own beside slirp4netns.

    Source: pkg/port of github.com/rootless-containers/rootlesskit; slirp4netns as a port driver takes the ports itself.
    """
    server = _server(facts)
    components = {one.name: one for one in (server.components if server else None) or ()}
    kit = components.get("rootlesskit")
    if kit is None:
        return ""
    if kit.details is not None and kit.details.port_driver:
        return kit.details.port_driver
    return "builtin" if "slirp4netns" in components else ""


def parse_options(facts: Facts, info: Info, version: str) -> DaemonOptions:
    """Decide each option: argument list, then daemon.json, then, where both are known, the engine's default."""
    argv = _arguments(facts.files.get(Source.DOCKERD_ARGV))
    file = _daemon_json(facts.files.get(Source.DAEMON_JSON))
    known = argv is not None and (file is not None or Source.DAEMON_JSON in facts.unused)
    given = {**(file or {}), **(argv or {})}

    def switch(name: str, default: bool) -> bool | None:  # noqa: FBT001 (the default is the option's own value)
        value = given.get(name)
        return _as_bool(value) if value is not None else default if known else None

    # A rootless daemon writes into a network namespace of its own.
    rootless = any("rootless" in option for option in info.security or ())
    return DaemonOptions(
        userland_proxy=switch("userland-proxy", default=True) if info.userland_proxy is None else info.userland_proxy,
        iptables=None if rootless else switch("iptables", default=True),
        ip6tables=None if rootless else switch("ip6tables", default=Version.parse(version) >= Version(27)),
        allow_direct_routing=switch("allow-direct-routing", default=False),
        bridge_accept_fwmark=str(given.get("bridge-accept-fwmark", "")) or ("" if known else None),
        firewall_backend=_backend(info, version),
        live_restore=info.live_restore,
        ip_forward=switch("ip-forward", default=True),
        ip_forward_no_drop=switch("ip-forward-no-drop", default=False),
        default_address=str(given.get("ip", "")) if given.get("ip") or known else None,
        api_addresses=_api_addresses(facts.files.get(Source.DOCKERD_ARGV), file),
        tls_verify=switch("tlsverify", default=False),
        rootless=rootless and _is_from_outside(facts),
        port_driver=_port_driver(facts) if rootless else "",
    )


def _is_from_outside(facts: Facts) -> bool:
    """Tell whether a recording shows a rootless engine from outside: only there are namespaces of such to be read."""
    unread = any(gap.source == Source.INSIDE and gap.reason == GapReason.PARTIAL for gap in facts.gaps)
    data = facts.files.get(Source.INSIDE, b"{}")
    places = decode_json(data, dict[str, msgspec.Raw], source=Source.INSIDE, expected="rules by container and source")
    return unread or any(map(describe_rootless, places))


def _api_addresses(argv: bytes | None, file: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    """List the TCP addresses of the API: of `-H`, `--host` (which may stand more than once) and daemon.json's hosts."""
    if argv is None:
        return None
    words = argv.decode(errors="replace").split("\n")
    hosts = [value for word, value in pairwise(words) if word in ("-H", "--host")]
    hosts += [word.partition("=")[2] for word in words if word.startswith(("-H=", "--host="))]
    hosts += [word[2:] for word in words if word.startswith("-H") and len(word) > 2 and word[2] != "="]
    named = (file or {}).get("hosts")
    hosts += [str(host) for host in named] if isinstance(named, list) else []
    return tuple(dict.fromkeys(host.removeprefix("tcp://") for host in hosts if host.startswith("tcp://")))


def _backend(info: Info, version: str) -> str | None:
    """Return the backend that the engine says; 28 could say nftables and yet write its bridges' rules with iptables."""
    said = info.backend.driver if info.backend else None
    return None if said == "nftables" and version and Version.parse(version) < _NFTABLES else said or None


def _arguments(data: bytes | None) -> dict[str, str] | None:
    """Read `--name=value`, `--name value` and `--name`, one argument a line."""
    if data is None:
        return None
    words = data.decode(errors="replace").split("\n")
    return dict(_pairs(word for word in words if word))


def _pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    name = ""
    for word in words:
        if word.startswith("-"):  # also `-H`, whose value is not needed here
            if name:
                yield name, "true"
            name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
            if equals:
                yield name, value
                name = ""
        elif name:
            yield name, word
            name = ""
    if name:
        yield name, "true"


def _daemon_json(data: bytes | None) -> Mapping[str, Any] | None:
    return None if data is None else decode_json(data, dict[str, Any], source=Source.DAEMON_JSON, expected="JSON")


def _as_bool(value: object) -> bool:
    return value if isinstance(value, bool) else str(value).lower() in ("1", "t", "true")
