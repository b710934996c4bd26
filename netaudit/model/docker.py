"""Docker's objects: its rules are written for them."""

import re
from enum import StrEnum

import msgspec

from netaudit.model.address_text import with_port
from netaudit.model.engines.kinds import Engine, Isolation, Podman, PortMapping
from netaudit.model.netfilter.family import Family

WAIVER_LABEL = "netaudit.waive."  # the labels of a container that accept findings begin with it
BRIDGE_OPTION = "com.docker.network.bridge."  # the options of a bridge network begin with it
BRIDGES_TABLE = "docker-bridges"  # of the engine's nftables backend, one for each address family
_OWN_TABLES = frozenset({BRIDGES_TABLE, "docker-overlay", "docker-dns"})
_OWN_CHAIN = re.compile(r"DOCKER($|-(?!USER$))")
# The labels by which Compose and stacks find their own containers and networks, and know whether a file still says so.
_COMPOSE = "project service network volume container-number oneoff config-hash depends_on image version replace"
COMPOSE_LABELS = ("com.docker.stack.namespace", *(f"com.docker.compose.{name}" for name in _COMPOSE.split()))
ENGINE_SOCKETS = ("docker.sock", "containerd.sock")  # a container that has one of them controls the host


class GatewayMode(StrEnum):
    """How a bridge network lets packets in, per address family (27.0+)."""

    NAT = "nat"
    NAT_UNPROTECTED = "nat-unprotected"
    ROUTED = "routed"
    ISOLATED = "isolated"


_BRIDGE = re.compile(r"docker0|docker_gwbridge|br-[0-9a-f]{12}")


def is_docker_bridge(name: str) -> bool:
    """Tell whether an interface has a name that Docker gives to bridges."""
    return _BRIDGE.fullmatch(name) is not None


def is_docker_socket(path: str) -> bool:
    """Tell whether a mounted file is Docker's socket, or containerd's."""
    return path.rpartition("/")[2] in ENGINE_SOCKETS


def owns_chain(table: str, chain: str) -> bool:
    """Return whether the engine owns a chain, by its name or its table; DOCKER-USER is the operator's."""
    return table in _OWN_TABLES or _OWN_CHAIN.match(chain) is not None


class PortBinding(msgspec.Struct, frozen=True, gc=False):
    """A host address and port that lead to a container's port, as NetworkSettings.Ports of a container shows it."""

    protocol: str
    host_ip: str
    host_port: int
    container_port: int

    def __str__(self) -> str:
        if not self.host_port:  # a routed network's, or not known
            return f"{self.container_port}/{self.protocol}"
        return f"{with_port(self.host_ip, self.host_port)} → {self.container_port}/{self.protocol}"


class RequestedPort(msgspec.Struct, frozen=True, gc=False):
    """A port binding as it was asked for: any of a range of host ports, 0 to 0 for whichever is free."""

    protocol: str
    container_port: int
    first: int = 0
    last: int = 0

    @property
    def is_exact(self) -> bool:
        """Tell whether one host port was asked for."""
        return self.first == self.last != 0

    def allows(self, binding: PortBinding) -> bool:
        """Tell whether a binding can be what came of it."""
        alike = (self.container_port, self.protocol) == (binding.container_port, binding.protocol)
        return alike and (not self.first or self.first <= binding.host_port <= self.last)


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One container's attachment to one network; an address is "" where the family is not used."""

    network_id: str
    network_name: str
    ipv4: str = ""
    ipv6: str = ""
    gateway: str = ""
    gateway6: str = ""
    priority: int = 0

    def address_of(self, family: str) -> str:
        """Return the address of family ip or ip6."""
        return self.ipv6 if family == Family.IP6 else self.ipv4

    def gateway_of(self, family: str) -> str:
        """Return the gateway of family ip or ip6."""
        return self.gateway6 if family == Family.IP6 else self.gateway


class Link(msgspec.Struct, frozen=True, gc=False):
    """A legacy `--link` of this container to another, by name."""

    container_name: str


class Container(msgspec.Struct, frozen=True):
    """A container, running or not."""

    id: str
    name: str
    running: bool
    network_mode: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    bindings: tuple[PortBinding, ...] = ()
    links: tuple[Link, ...] = ()
    exposed: tuple[tuple[int, str], ...] = ()  # (port, protocol), image metadata
    image: str = ""
    pid: int = 0
    sandbox: str = ""
    publish_all: bool | None = None  # None, here and below: not recorded
    privileged: bool | None = None
    capabilities: tuple[str, ...] | None = None  # added ones
    docker_socket: bool | None = None  # Docker's socket is mounted
    started_at: str = ""  # RFC 3339, UTC
    requested_ports: tuple[RequestedPort, ...] = ()  # of ports for which the engine had a choice
    waivers: tuple[tuple[str, str], ...] = ()  # its labels `netaudit.waive.…`
    labels: tuple[tuple[str, str], ...] = ()  # all other labels, by name
    engine: Engine = Engine.DOCKER
    mappings: tuple[PortMapping, ...] = ()  # Podman's: `bindings` are the single ports of these

    @property
    def project(self) -> str:
        """Return the Compose project or the stack that it is part of, "" without one."""
        return self._label("com.docker.compose.project") or self._label("com.docker.stack.namespace")

    @property
    def service(self) -> str:
        """Return the service that it is part of, as its project names it, "" without one."""
        swarm = self._label("com.docker.swarm.service.name")
        return self._label("com.docker.compose.service") or swarm.removeprefix(f"{self.project}_")

    @property
    def base(self) -> str | None:
        """Return the id or name of the container whose network namespace it was started in, None for none."""
        kind, _, base = self.network_mode.partition(":")
        return base if kind == "container" else None

    def _label(self, name: str) -> str:
        return next((value for key, value in self.labels if key == name), "")


class NetworkMember(msgspec.Struct, frozen=True, gc=False):
    """An endpoint as `docker network inspect` lists it; it lists some that no container's inspection shows."""

    container_id: str
    name: str
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""


class Network(msgspec.Struct, frozen=True):
    """A network with the options that decide which rules are written for it.

    `bridge` is the host's interface, "" where the driver has none. `subnet` and `subnet6` are the networks of the
    bridge, without host bits.
    """

    id: str
    name: str
    driver: str
    bridge: str = ""
    subnet: str = ""
    subnet6: str = ""
    internal: bool = False
    icc: bool = True
    masquerade: bool = True
    host_ipv4: str = ""
    host_ipv6: str = ""
    mode4: GatewayMode = GatewayMode.NAT
    mode6: GatewayMode = GatewayMode.NAT
    trusted_interfaces: tuple[str, ...] = ()
    default: bool = False
    ipv6: bool = False
    config_only: bool = False
    encrypted: bool = False
    vxlan_ids: tuple[int, ...] = ()
    members: tuple[NetworkMember, ...] = ()
    gateway: str = ""  # "" where the engine does not tell it
    gateway6: str = ""
    inhibit_ipv4: bool = False  # the engine gives the bridge no IPv4 address
    parent: str = ""  # of a macvlan or ipvlan network: the host's interface on whose link its containers are
    engine: Engine = Engine.DOCKER
    isolation: Isolation = Isolation.NONE  # of Podman's networks from each other
    dns: bool = False  # Podman's own DNS server answers on its bridge

    def gateway_of(self, family: str) -> str:
        """Return the gateway of family ip or ip6, "" where it is not known."""
        return self.gateway6 if family == Family.IP6 else self.gateway

    def subnet_of(self, family: str) -> str:
        """Return the subnet of family ip or ip6, "" where the network has none."""
        return self.subnet6 if family == Family.IP6 else self.subnet


class DaemonOptions(msgspec.Struct, frozen=True):
    """Options that no API shows; None where neither the arguments, daemon.json nor a default says them."""

    userland_proxy: bool | None = None
    iptables: bool | None = None
    ip6tables: bool | None = None
    allow_direct_routing: bool | None = None
    bridge_accept_fwmark: str | None = None
    firewall_backend: str | None = None
    live_restore: bool | None = None
    ip_forward: bool | None = None
    ip_forward_no_drop: bool | None = None
    default_address: str | None = None  # of ports published without a host address; "" where it is not told
    api_addresses: tuple[str, ...] | None = None  # of the API on the network
    tls_verify: bool | None = None
    rootless: bool = False  # its rules are in a network namespace of its user, other than the one that was recorded
    port_driver: str = ""  # of rootlesskit, which takes a rootless engine's published ports; "" where it is not told


class Inventory(msgspec.Struct, frozen=True):
    """Everything that the engines of a host say about themselves, at one instant.

    A `partial` inventory lacks networks or containers: a rule that nothing in it asks for may still be asked for.
    `docker` is False where only Podman is known (model/engines tells them apart).
    """

    version: str = ""  # of the engine, "" when Docker could not be asked
    options: DaemonOptions = DaemonOptions()
    networks: tuple[Network, ...] = ()
    containers: tuple[Container, ...] = ()
    swarm: bool = False
    vxlan_port: int = 4789  # where overlay networks' packets go, between the hosts of a swarm
    partial: bool = False
    docker: bool = True
    podman: Podman | None = None
