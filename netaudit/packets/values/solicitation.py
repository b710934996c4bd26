"""The question of IPv6's neighbour discovery: who on this link has an address? Source: RFC 4861, section 4.3."""

from netaudit.model.host import Ip

SOLICITATION = (135, 0)  # ICMPv6 type and code
_PREFIX = 0xFF02 << 112 | 1 << 32 | 0xFF << 24
SOLICITED = (_PREFIX, _PREFIX + 0xFFFFFF)  # ff02::1:ff00:0/104, the groups at which neighbours listen


def solicited_by(address: Ip) -> Ip:
    """Return the multicast address at which a neighbour is asked for (RFC 4291, section 2.7.1)."""
    return type(address)(_PREFIX | int(address) & 0xFFFFFF)
