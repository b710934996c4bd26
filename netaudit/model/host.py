"""The host around the rules: interfaces, routes, sockets and switches."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.routing.policy import PolicyRule

Ip = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network
_network = lru_cache(4096)(ip_network)  # a route is asked for its network many times
_address = lru_cache(4096)(ip_address)


class HostAddress(msgspec.Struct, frozen=True, gc=False):
    """An address of an interface, with the length of its subnet's prefix; `scope` is global, link or host."""

    local: str
    prefix: int
    scope: str = "global"

    def __str__(self) -> str:
        return f"{self.local}/{self.prefix}"

    @property
    def ip(self) -> Ip:
        """Return the address alone."""
        return _address(self.local)

    @property
    def subnet(self) -> IpNetwork:
        """Return the subnet that the address is in."""
        return _network(str(self), strict=False)


class Interface(msgspec.Struct, frozen=True, gc=False):
    """A network interface with its addresses.

    `master` is the bridge that it is a port of. `peer` is the index of the other end of a veth pair (of the parent
    of a macvlan or VLAN interface), 0 where there is none; `peer_elsewhere`: in another network namespace.
    `up` is what the administrator wants, `state` what the kernel has: UP, DOWN, UNKNOWN, LOWERLAYERDOWN.
    """

    name: str
    kind: str = ""  # bridge, veth, dummy…
    addresses: tuple[HostAddress, ...] = ()
    index: int = 0
    mac: str = ""
    master: str = ""
    peer: int = 0
    peer_elsewhere: bool = False
    up: bool = False
    state: str = ""
    namespace: int | None = None  # the kernel's number for the namespace that the other end is in
    group: str = "default"
    hardware: int = 0  # as the kernel numbers kinds of hardware; 0: not known
    table: str = ""  # of a VRF

    @property
    def shut(self) -> bool:
        """Return whether the administrator has shut it, so that nothing passes: `ip link set docker0 down`."""
        return self.state == "DOWN" and not self.up


class NextHop(msgspec.Struct, frozen=True, gc=False):
    """Where a route leads: out of an interface, to a gateway ("" for a neighbour on the link)."""

    interface: str = ""
    gateway: str = ""


class Route(msgspec.Struct, frozen=True, gc=False):
    """A route; more than one hop means that connections are spread over them.

    `kind` is unicast, local, broadcast, multicast, anycast, unreachable, blackhole, prohibit or throw. `source` is
    the address that the host prefers for its own packets. `table` is a name or number, `main` where it is not given.
    """

    family: Family
    destination: str  # a network, 0.0.0.0/0 and ::/0 for the default
    hops: tuple[NextHop, ...] = ()
    kind: str = "unicast"
    table: str = "main"
    scope: str = "global"
    source: str = ""
    metric: int = 0
    flags: tuple[str, ...] = ()

    @property
    def network(self) -> IpNetwork:
        """Return what is routed."""
        return _network(self.destination)


class Listener(msgspec.Struct, frozen=True):
    """A listening socket and the programs that hold it with their process ids, () where they could not be seen.

    `address` is `*` where one socket takes IPv4 and IPv6, `::` where it takes IPv6 alone. `interface` is the only
    one that it takes packets from, "" for all. `pids` is None where the processes could not be seen.
    """

    protocol: str
    address: str
    port: int
    programs: tuple[str, ...] = ()
    interface: str = ""
    pids: tuple[int, ...] | None = ()


class ControlGroups(msgspec.Struct, frozen=True):
    """The paths of the control groups that a process is in, without the outermost, as the kernel says them."""

    pid: int
    paths: tuple[str, ...] = ()


class Host(msgspec.Struct, frozen=True):
    """What the kernel says about itself, apart from its rules."""

    interfaces: tuple[Interface, ...] = ()
    listeners: tuple[Listener, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    routes: tuple[Route, ...] = ()
    policy: tuple[PolicyRule, ...] | None = None  # None: not recorded
    nameservers: tuple[str, ...] = ()  # of resolv.conf
    heard: bool = True  # whether listening sockets were recorded
    groups: tuple[ControlGroups, ...] = ()  # of programs that listen, and of the first processes of containers
