"""The question of IPv6's neighbour discovery: who on this link has an address? Source: RFC 4861, section 4.3."""

from netaudit.model.host import Interface, Ip

SOLICITATION, ADVERTISEMENT = (135, 0), (136, 0)  # ICMPv6 types and codes
HOP_LIMIT = 255  # of both: a router never passes them on
ROUTER = (0xFE80 << 112) + 1  # an address of the link
_WITHOUT_NEIGHBOURS = frozenset({"wireguard", "tun", "sit", "ip6tnl", "ipip", "gre", "vti6", "ppp", "xfrm"})
_PREFIX = 0xFF02 << 112 | 1 << 32 | 0xFF << 24
SOLICITED = (_PREFIX, _PREFIX + 0xFFFFFF)  # ff02::1:ff00:0/104, the groups at which neighbours listen


def solicited_by(address: Ip) -> Ip:
    """Return the multicast address at which a neighbour is asked for (RFC 4291, section 2.7.1)."""
    return type(address)(_PREFIX | int(address) & 0xFFFFFF)


def has_neighbours(interface: Interface) -> bool:
    """Tell whether neighbours are asked for on an interface: a tunnel has one end, and loopback none."""
    return interface.name != "lo" and interface.kind not in _WITHOUT_NEIGHBOURS
