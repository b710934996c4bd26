"""What a command would do to an inventory: values that nobody can know before, and what is taken for granted."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.host import IpNetwork


class SymbolKind(StrEnum):
    """What a symbol is of."""

    BRIDGE = "bridge"  # the name of an interface that Docker makes from a random id
    HOST_PORT = "host-port"
    ADDRESS = "address"  # of a container
    SUBNET = "subnet"  # of a network
    INTERFACE = "interface"  # of the host, other than a bridge
    ID = "id"  # of a container or a network of Podman's, where a rule names it
    CHAIN = "chain"  # of Podman's, whose name begins with a network's id


class Symbol(msgspec.Struct, frozen=True):
    """A value that is not known before the command runs.

    `range` says what it can be: `br-` and 12 hexadecimal digits, `32768-60999`. `example` is a value of that range: in
    hypothetical facts it stands in the symbol's place, so that they are the facts of a host that could be.
    """

    name: str  # `bridge of shop_front`
    kind: SymbolKind
    range: str
    example: str

    def __str__(self) -> str:
        """Return the one spelling."""
        return "{" + self.name + "}"


def speller(symbols: Iterable[Symbol]) -> Callable[[str], str]:
    """Return what spells texts: it puts symbols in place of their examples, and remembers each text.

    An address of a subnet that is a symbol is spelled too, where no symbol is its own: `{address in front}`.
    """
    symbols = tuple(symbols)
    spelled = {symbol.example: str(symbol) for symbol in symbols}
    if not spelled:
        return str
    longest_first = sorted(map(re.escape, spelled), key=len, reverse=True)
    # A port may follow a colon; of an address it would be the middle.
    ports = [re.escape(symbol.example) for symbol in symbols if symbol.kind == SymbolKind.HOST_PORT]
    begins = rf"(?<![\w.-])(?:{'|'.join(ports)})|" if ports else ""
    pattern = re.compile(rf"(?:{begins}(?<![\w.:-])(?:{'|'.join(longest_first)}))(?![\w.-])")
    subnets = {ip_network(one.example): one for one in symbols if one.kind == SymbolKind.SUBNET}

    @lru_cache(maxsize=_TEXTS)
    def spell(text: str) -> str:
        found = pattern.sub(lambda one: spelled[one[0]], text)
        return _ADDRESS.sub(lambda one: _spell_address(one[0], subnets), found) if subnets else found

    return spell


def any_address(subnet: Symbol) -> Symbol:
    """Return the symbol of any address of a subnet that is a symbol: `address in front`."""
    example = str(ip_network(subnet.example)[-2])
    return Symbol(subnet.name.replace("subnet of", "address in"), SymbolKind.ADDRESS, f"in {subnet}", example)


_TEXTS = 1 << 14  # that are remembered: names and addresses stand in a plan again and again
_ADDRESS = re.compile(r"(?<![\w.:-])(?:\d+\.){3}\d+(?![\w.-])|(?<![\w.:-])[0-9a-f]+:[0-9a-f:]+(?![\w.-])")


def _spell_address(text: str, subnets: Mapping[IpNetwork, Symbol]) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return text
    within = next((one for subnet, one in subnets.items() if address in subnet), None)
    return str(any_address(within)) if within else text


class MadeOn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the host of a plan came from, as it was named; without a recording and a profile: this host, then.

    `other_files` are of the same host as `recording`, which is a file then.
    `engine`, `backend` and `daemon` are what a restarted daemon would have; the last are KEY=VALUE.
    """

    recording: str = ""
    host_profile: str = ""
    other_files: tuple[str, ...] = ()
    engine: str = ""
    backend: str = ""
    daemon: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Return the recording, or the files of one host."""
        return (self.recording, *self.other_files) if self.recording else ()


def made_on_files(files: Iterable[object], host_profile: object = None) -> MadeOn:
    """Return where a host came from: a recording, several files of it, or a profile."""
    first, *others = [str(one) for one in files] or [""]
    return MadeOn(first, str(host_profile or ""), tuple(others))


class AssumptionKind(StrEnum):
    """What is taken for granted; the sentences are in netaudit.report.text.assumptions."""

    STAYS_UP = "stays-up"  # container
    ENDS = "ends"  # container: another service waits until it has completed
    EXPOSED_UNKNOWN = "exposed-unknown"  # container, image: -P of an image that was not asked
    IMAGE_UNKNOWN = "image-unknown"  # image: taken to be there, or to be pulled
    SUBNET_LIKELY = "subnet-likely"  # network, subnet: older engines go round from a place in dockerd's memory
    SUBNET_GIVEN = "subnet-given"  # network: only of a given subnet can an address be asked for
    NAMESERVERS_UNKNOWN = "nameservers-unknown"  # network, subnet
    START_ORDER = "start-order"  # network, containers: started in parallel, addresses may swap
    STARTED_TOGETHER = "started-together"  # containers: in parallel, so that their rules stand in any order
    JOIN_ORDER = "join-order"  # container, networks: it joins them in any order, so that its rules stand in any order
    MADE_TOGETHER = "made-together"  # networks: the same
    ADDRESS_ABSENT = "address-absent"  # address: a port is published on it, and no interface has it
    KERNEL_SCTP = "kernel-sctp"  # port: docker-proxy, or dockerd, needs a kernel that has SCTP
    KERNEL_LINK = "kernel-link"  # driver, network: a kernel may be built without macvlan, or without ipvlan
    PORTS_COMPETE = "ports-compete"  # container, other, port: started in parallel, the other one's range has the port
    PORT_TURN = "port-turn"  # container, ports, port: which of the range an older engine may choose, and fail on it
    ADDRESSES_COMPETE = "addresses-compete"  # container, other, network, address: the other one may get it first
    ADDRESSES_IN_USE = "addresses-in-use"  # network
    PORT_FREE = "port-free"  # port: whether a process of the host holds it is not recorded
    ENGINE_VERSION = "engine-version"  # version: taken where the facts name none
    ENGINE_UNTESTED = "engine-untested"  # version: netaudit was held against none of it; the nearest that was stands in
    ENVIRONMENT = "environment"  # variable: of dockerd, never read
    COMPOSE_KEEPS = "compose-keeps"  # container: as the project says, as far as rules go; Compose compares all of it
    TASK_PLACEMENT = "task-placement"  # service: a task of it runs on this node
    SERVICE_KEPT = "service-kept"  # service: a recorded one, whose tasks an update leaves as they are
    TASK_WAITS = "task-waits"  # service, why: no task of it can be placed here, or its container fails
    CHAIN_ABSENT = "chain-absent"  # table, chain: the engine's command fails for want of it
    PORT_ORDER = "port-order"  # container: older engines sort its ports by a comparison that contradicts itself
    LISTENS_UNKNOWN = "listens-unknown"  # container: of the host network, what it listens on is not known
    FORWARDING_UNKNOWN = "forwarding-unknown"  # family: the engine sets FORWARD's policy where the switch was off
    CONTAINERS_COME_BACK = "containers-come-back"  # they run again after the daemon's restart
    NETWORK_ORDER = "network-order"  # networks: a daemon that starts sets them up in no order
    OPTION_NOT_FOLLOWED = "option-not-followed"  # option: it changes addresses or networks in a way not followed
    OPTION_ONLY_NEW = "option-only-new"  # option: it decides over networks that are made later
    OPTION_DEFAULT = "option-default"  # option: what the daemon runs with is neither recorded nor shown by a rule
    OPTION_UNKNOWN = "option-unknown"  # option: not one that is known to decide over rules
    NETAVARK_DRIVER = "netavark-driver"  # no rule of netavark's shows whether it writes nftables or iptables
    ROUTING_MESH = "routing-mesh"  # service, port: the kernel has IPVS, else dockerd writes no rule for the port
    IPTABLES_KIND = "iptables-kind"  # which iptables the engine would call, nft or legacy


class Assumption(msgspec.Struct, frozen=True, order=True):
    """What the plan takes for granted, with its arguments by name."""

    kind: AssumptionKind
    args: tuple[tuple[str, str], ...] = ()


def assume(kind: AssumptionKind, **args: str) -> Assumption:
    """Make an assumption."""
    return Assumption(kind, tuple(sorted(args.items())))


class Refusal(msgspec.Struct, frozen=True):
    """A request that an engine refuses: with its status, and its own message."""

    request: EngineRequest
    status: int
    message: str


class EffectKind(StrEnum):
    """What a request does to the network, in the order in which engines write rules for it."""

    NETWORK_ADDED = "network-added"
    NETWORK_REMOVED = "network-removed"
    ENDPOINT_JOINED = "endpoint-joined"
    ENDPOINT_LEFT = "endpoint-left"


class Effect(msgspec.Struct, frozen=True):
    """One network made or removed, or one running container's endpoint on it; `request` is its place from 0."""

    kind: EffectKind
    request: int
    network_id: str
    container_id: str = ""


class MeshPort(msgspec.Struct, frozen=True, order=True):
    """A port of a swarm's service that the routing mesh leads to its tasks, on every node."""

    protocol: str
    port: int


class PlannedInventory(msgspec.Struct, frozen=True):
    """The facts of a host after requests: its inventory is the new one, every other source is as it was.

    `requests` are those that change something, in the order that is planned; an effect's `request` is a place there.
    """

    facts_after: Facts
    requests: tuple[EngineRequest, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    refused: tuple[Refusal, ...] = ()
    effects: tuple[Effect, ...] = ()
    mesh: tuple[MeshPort, ...] = ()  # ports that services publish through it from now on
    to_publish: tuple[tuple[str, tuple[str, ...]], ...] = ()  # by a container's id, what it asks for: `80/tcp`
