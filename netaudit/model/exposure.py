"""Who can reach what: zone x destination x protocol and ports -> an outcome, with the rule that decides it."""

from enum import StrEnum

import msgspec

from netaudit.model.address_text import bracketed
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason, ReasonKind, kinds_of


class ZoneKind(StrEnum):
    """Where packets come from."""

    INTERNET = "internet"  # through the uplink, from beyond the neighbours
    LAN = "lan"  # a neighbour on one of the host's links, which may route straight to a container's address
    HOST = "host"  # the host itself
    NETWORK = "network"  # another member of a Docker network
    CONTAINER = "container"  # one container


OUTSIDE = (ZoneKind.INTERNET, ZoneKind.LAN)  # beyond the host


class Zone(msgspec.Struct, frozen=True, order=True):
    """A place that packets come from; `name` is a network's, container's or interface's, "" where there is only one.

    `within` names the only senders that are meant, such as a CIDR; "" for all of them.
    """

    kind: ZoneKind
    name: str = ""
    within: str = ""

    def __str__(self) -> str:
        """Write it as policies and options do: `internet`, `lan:eth0`, `lan:eth0(10.0.0.0/8)`, `network:front`."""
        within = f"({self.within})" if self.within else ""
        return f"{self.kind}:{self.name}{within}" if self.name else f"{self.kind}{within}"

    @property
    def identity(self) -> str:
        """What the subjects of findings call it: waivers and fingerprints were written with these words."""
        place = f"{_IDENTITIES[self.kind]} {self.name}" if self.name else _IDENTITIES[self.kind].removesuffix(" on")
        return f"{place} from {self.within}" if self.within else place


_IDENTITIES = {
    ZoneKind.INTERNET: "Internet",
    ZoneKind.LAN: "LAN neighbour on",
    ZoneKind.HOST: "host",
    ZoneKind.NETWORK: "network",
    ZoneKind.CONTAINER: "container",
}


class Outcome(StrEnum):
    """What becomes of the packets."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    MAY = "may"  # a match that cannot be decided stands in the way: `reason` names it
    NOBODY = "nobody-listens"  # of a trace: no rule stops it, and no program of the host takes it


BEST_FIRST = (Outcome.ALLOWED, Outcome.MAY, Outcome.BLOCKED)


class Delivery(StrEnum):
    """How packets get there."""

    DNAT = "dnat"  # a NAT rule leads them to the container
    PROXY = "proxy"  # docker-proxy takes them on the host
    ROOTLESS = "rootless"  # a program of a rootless engine takes them on the host, past its own rules or through them
    DIRECT = "direct"  # addressed to the container itself
    LOCAL = "local"  # a program of the host, or of a host-network container, takes them
    NONE = "none"  # nowhere: no rule leads them on and nobody listens


class DestinationKind(StrEnum):
    """What is reached."""

    PUBLISHED_PORT = "published-port"
    CONTAINER_PORTS = "container-ports"
    HOST_LISTENER = "host-listener"
    FORWARDED_PORT = "forwarded-port"  # a NAT rule leads it on, though no container publishes it


class NatTarget(msgspec.Struct, frozen=True, order=True):
    """Where a NAT rule leads: the first and last of the addresses, and of the ports, that the kernel chooses among.

    `ports` is None where each port stays what it is.
    """

    addresses: tuple[str, str]
    ports: tuple[int, int] | None = None

    def __str__(self) -> str:
        first, last = map(bracketed, self.addresses)
        where = first if first == last else f"{first}-{last}"
        if self.ports is None:
            return where
        return f"{where}:{self.ports[0]}" + (f"-{self.ports[1]}" if self.ports[0] < self.ports[1] else "")


_EVERY_PORT = (((0, 65535),), ((1, 65535),))


class Destination(msgspec.Struct, frozen=True):
    """A published port, ports of a container at its own address, a listener of the host, or a forwarded port.

    `ports` are inclusive ranges; `family` is "ip" or "ip6". `address` is the one the packets are sent to. `led` is
    where a NAT rule leads a forwarded port.
    """

    kind: DestinationKind
    family: Family
    protocol: str
    address: str
    ports: tuple[tuple[int, int], ...]
    container_id: str = ""
    container_name: str = ""
    network_name: str = ""
    binding: PortBinding | None = None
    programs: tuple[str, ...] | None = ()  # of the host that take them; None: nobody knows which programs listen
    interface: str = ""  # the only one that a listener takes packets from
    led: NatTarget | None = None

    @property
    def has_every_port(self) -> bool:
        """Tell whether it is all ports of its protocol."""
        return self.ports in _EVERY_PORT

    @property
    def port(self) -> int | None:
        """The port, where it is one."""
        alone = len(self.ports) == 1 and self.ports[0][0] == self.ports[0][1]
        return self.ports[0][0] if alone else None


class Exposure(msgspec.Struct, frozen=True):
    """One cell of the exposure table.

    `rule` is the deciding rule or policy, None where none decides. `witness` is an example packet, in words.
    `limited_by`: rules that let only some of these packets through, by rate, count, chance or the time of day.
    """

    zone: Zone
    destination: Destination
    outcome: Outcome
    way: Delivery
    rule: Item | None = None
    reason: Reason | None = None
    witness: str = ""
    limited_by: tuple[Item, ...] = ()

    @property
    def for_all(self) -> bool:
        """Tell whether all of the packets arrive: no rule limits them, and no sender is known to be refused."""
        allowed = self.outcome is Outcome.ALLOWED and not self.limited_by
        return allowed and ReasonKind.NOT_FOR_ALL not in kinds_of(self.reason)
