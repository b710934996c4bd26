"""The host as its engine sees it: what decides how it allocates."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import msgspec

from netaudit.model.docker import DaemonOptions
from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, Ip, Listener
from netaudit.model.version import Version
from netaudit.parse.docker.options import Info, parse_options, parse_version
from netaudit.parse.host.host import parse_host
from netaudit.parse.reading.decode import decode_json
from netaudit.plan.engine.objects import decimal
from netaudit.plan.engine.pools import Pools, read_pools

# The newest API that an engine speaks, from the release that brought it.
_API = (
    (Version(29, 3), "1.54"),
    (Version(29, 2), "1.53"),
    (Version(29), "1.52"),
    (Version(28, 3), "1.51"),
    (Version(28, 2), "1.50"),
    (Version(28, 1), "1.49"),
    (Version(28), "1.48"),
    (Version(27, 2), "1.47"),
    (Version(27), "1.46"),
    (Version(26), "1.45"),
    (Version(25), "1.44"),
    (Version(24), "1.43"),
    (Version(23), "1.42"),
)
TESTED = "20.10 to 29.7"  # docs/proof.md has the engines
_OLDEST_TESTED, _FIRST_UNTESTED = Version(20, 10), Version(29, 8)
_OLDEST_API = "1.41"
_MINIMUM_API = ((Version(29), "1.44"), (Version(25), "1.24"))
_DYNAMIC_PORTS = (32768, 60999)  # the kernel's own default
_SKIPS_RESERVED = Version(29, 6)
_LAST_PORT = 65535
_ASSUMED = "28.5.2"
_DEFAULT_POOLS = (
    *((ip_network(f"172.{number}.0.0/16"), 16) for number in (17, 18, 19)),
    *((ip_network(f"172.{number}.0.0/14"), 16) for number in (20, 24, 28)),
    (ip_network("192.168.0.0/16"), 20),
)


class EngineHost(msgspec.Struct, frozen=True):
    """What an engine knows of itself and of its host.

    `assumed` says that the facts name no version. `pools` are those that new networks get their subnets from, each
    with the length of a subnet; `wrong_pools` are no pools, as they are written. `network_defaults` are options of new
    networks, by driver.
    """

    release: str
    version: Version
    assumed: bool
    api: str
    options: DaemonOptions
    kernel: Host
    pools: Pools
    wrong_pools: tuple[str, ...]
    network_defaults: Mapping[str, Mapping[str, str]]
    swarm: bool
    knows_nameservers: bool
    info: Mapping[str, Any]

    @property
    def minimum_api(self) -> str:
        """Return the oldest API that the engine speaks."""
        return next((api for since, api in _MINIMUM_API if self.version >= since), "1.12")

    @property
    def has_ipv6(self) -> bool:
        """Tell whether the host can listen on IPv6; it is taken to where its addresses are not known."""
        addresses = {one.local for interface in self.kernel.interfaces for one in interface.addresses}
        return not addresses or "::1" in addresses

    def has_address(self, address: Ip) -> bool:
        """Tell whether a program of the host can listen on an address; it is taken to where none is known."""
        interfaces = [one.ip for interface in self.kernel.interfaces for one in interface.addresses]
        local = (one.network for one in self.kernel.routes if one.kind == "local")
        anywhere = not interfaces or address.is_unspecified or address.is_loopback
        return anywhere or address in interfaces or any(address in network for network in local)

    def binds_elsewhere(self, version: int) -> bool | None:
        """Tell whether programs may listen on addresses that the host does not have; None where it is not recorded."""
        switch = dict(self.kernel.sysctls).get(f"net.ipv{version}.ip_nonlocal_bind")
        return None if switch is None else switch.strip() == "1"

    @property
    def dynamic_ports(self) -> tuple[int, int]:
        """Return the first and the last port that are given where no host port is asked for."""
        words = dict(self.kernel.sysctls).get("net.ipv4.ip_local_port_range", "").split()
        first, last = map(decimal, words) if len(words) == 2 else (None, None)
        return _DYNAMIC_PORTS if first is None or last is None else (first, last)

    @property
    def reserved_ports(self) -> frozenset[int]:
        """Return the ports that the kernel keeps from programs that ask for any; engines skip them since 29.6."""
        if self.version < _SKIPS_RESERVED:
            return frozenset()
        named = dict(self.kernel.sysctls).get("net.ipv4.ip_local_reserved_ports", "").split(",")
        words = (one.partition("-") for one in named)
        ranges = ((decimal(first), decimal(last if dash else first)) for first, dash, last in words)
        return frozenset(
            port
            for first, last in ranges
            if first is not None and last is not None
            for port in range(first, min(last, _LAST_PORT) + 1)
        )

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Return the sockets that processes of the host hold, dockerd and its proxies aside."""
        docker = {"docker-proxy", "dockerd", "rootlessport", "rootlesskit"}
        return tuple(one for one in self.kernel.listeners if not docker.intersection(one.programs))


def read_host(facts: Facts, engine_version: str = "") -> EngineHost:
    """Read the host from facts; `engine_version` is an engine that would run in place of theirs."""
    raw = facts.files.get(Source.DOCKER_INFO, b"{}")
    info = decode_json(raw, Info, source=Source.DOCKER_INFO, expected="what Docker prints")
    said = parse_version(facts) or info.version
    release = engine_version or said or _ASSUMED
    version = Version.parse(release)
    daemon = _object(facts, Source.DAEMON_JSON)
    everything = _object(facts, Source.DOCKER_INFO)
    pools, wrong_pools = read_pools(everything.get("DefaultAddressPools") or daemon.get("default-address-pools"))
    return EngineHost(
        release=release,
        version=version,
        assumed=not (engine_version or said),
        api="" if engine_version else _api_of(facts),
        options=parse_options(facts, info, release),
        kernel=parse_host(facts),
        pools=pools if pools or wrong_pools else _DEFAULT_POOLS,
        wrong_pools=wrong_pools,
        network_defaults=_network_defaults(daemon),
        swarm=info.swarm.state == "active",
        knows_nameservers=Source.RESOLV_CONF in facts.files,
        info=everything,
    )


def is_tested(version: Version) -> bool:
    """Tell whether netaudit was held against engines of this age."""
    return _OLDEST_TESTED <= version < _FIRST_UNTESTED


def api_of(host: EngineHost) -> str:
    """Return the newest API that the host's engine speaks."""
    return host.api or next((api for since, api in _API if host.version >= since), _OLDEST_API)


def _api_of(facts: Facts) -> str:
    server = _object(facts, Source.DOCKER_VERSION).get("Server")
    return str(server.get("ApiVersion") or "") if isinstance(server, dict) else ""


def _object(facts: Facts, source: Source) -> dict[str, Any]:
    data = facts.files.get(source)
    return {} if not data else decode_json(data, dict[str, Any], source=source, expected="an object")


def _network_defaults(daemon: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    named = daemon.get("default-network-opts")
    drivers = named.items() if isinstance(named, dict) else ()
    return {driver: {str(k): str(v) for k, v in options.items()} for driver, options in drivers if options}
