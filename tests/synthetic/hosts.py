"""What a synthetic host is made of: an engine with its options, networks, containers and their ports."""

from dataclasses import dataclass, field

Cause = tuple[str, ...]  # ("daemon",), ("network", net), ("endpoint", container, net), ("port", container, binding)
DAEMON: Cause = ("daemon",)
INGRESS: Cause = ("other", "swarm's routing mesh")


@dataclass(frozen=True)
class Port:
    """A port binding as the engine's inspect shows it; a routed one has host port 0."""

    host_ip: str
    host: int
    container: int
    protocol: str = "tcp"

    def __str__(self) -> str:
        if not self.host:
            return f"{self.container}/{self.protocol}"
        host = f"[{self.host_ip}]" if ":" in self.host_ip else self.host_ip
        return f"{host}:{self.host} → {self.container}/{self.protocol}"


@dataclass(frozen=True)
class Net:
    """A bridge network, or one of another driver, which has no rules."""

    name: str
    bridge: str = ""
    subnet: str = ""
    subnet6: str = ""
    internal: bool = False
    icc: bool = True
    masquerade: bool = True
    snat: str = ""
    snat6: str = ""
    mode: str = "nat"
    mode6: str = "nat"
    trusted: tuple[str, ...] = ()
    driver: str = "bridge"
    members: tuple[tuple[str, str], ...] = ()  # name and address of endpoints that no container inspect shows
    vxlan_id: int = 0

    def of(self, family: str) -> tuple[str, str, str]:
        """Give the subnet, the fixed source address and the gateway mode of a family."""
        if family == "ip":
            return self.subnet, self.snat, self.mode
        return self.subnet6, self.snat6, self.mode6


@dataclass(frozen=True)
class End:
    """A container's endpoint: its network, its addresses, and its gateway priority."""

    net: str
    ip: str = ""
    ip6: str = ""
    priority: int = 0


@dataclass(frozen=True)
class Ctr:
    """A running container. `gateways` are the networks that carry its ports, for IPv4 and IPv6."""

    name: str
    ends: tuple[End, ...]
    ports: tuple[Port, ...] = ()
    gateways: tuple[str, str] = ("", "")
    links: tuple[str, ...] = ()
    exposed: tuple[int, ...] = ()

    def gateway(self, family: str) -> str:
        """Name the network that carries the ports of a family: the only one, unless it is said."""
        return self.gateways[family == "ip6"] or self.ends[0].net

    def opens(self, port: Port, mode: str) -> bool:
        """Tell whether a port is that of a network in a mode: 29.7 lists a routed network's own, without host port."""
        if mode != "routed":
            return port.host > 0
        return not port.host or not any(not one.host and one.container == port.container for one in self.ports)


@dataclass(frozen=True)
class Host:
    """One engine on one host. What is None is left at the engine's default."""

    version: str
    backend: str = "iptables-nft"
    nets: tuple[Net, ...] = ()
    ctrs: tuple[Ctr, ...] = ()
    proxy: bool = True
    iptables: bool = True
    ip6tables: bool | None = None
    direct_routing: bool = False
    fwmark: str = ""
    wsl2: bool = False
    sctp_checksum: bool = False
    u32: bool = False  # the kernel has xt_u32, which engines before 24 preferred to a BPF program
    swarm: bool = False
    services: tuple[tuple[str, int], ...] = ()  # protocol and published port
    told: bool = True  # whether the daemon's arguments were recorded

    @property
    def at(self) -> tuple[int, ...]:
        """Give the version as numbers."""
        return tuple(int(part) for part in self.version.split("."))

    def manages(self, family: str) -> bool:
        """Tell whether the engine writes rules of a family."""
        if family == "ip":
            return self.iptables
        return self.ip6tables if self.ip6tables is not None else self.at >= (27,)


@dataclass
class Rules:
    """Chains of one family that a program would print, in order, with the cause of every rule."""

    chains: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    policies: dict[tuple[str, str], str] = field(default_factory=dict)
    causes: dict[tuple[str, str, str], set[Cause]] = field(default_factory=dict)

    def append(self, table: str, rule: str, *causes: Cause, chain: str = "") -> None:
        """Put a rule last; one that is there already gets one more cause."""
        self._put(table, rule, causes, chain, last=True)

    def insert(self, table: str, rule: str, *causes: Cause, chain: str = "") -> None:
        """Put a rule first."""
        self._put(table, rule, causes, chain, last=False)

    def chain(self, table: str, *names: str, policy: str = "-") -> None:
        """Make chains."""
        for name in names:
            self.chains.setdefault((table, name), [])
            self.policies.setdefault((table, name), policy)

    def _put(self, table: str, rule: str, causes: tuple[Cause, ...], chain: str, *, last: bool) -> None:
        name = chain or rule.split(" ", maxsplit=1)[0]
        if chain == "":
            rule = f"-A {rule}"
        self.chain(table, name)
        rules = self.chains[table, name]
        if rule not in rules:
            rules.insert(len(rules) if last else 0, rule)
        self.causes.setdefault((table, name, rule), set()).update(causes)
