"""The names that iptables and nft print in place of numbers.

Sources: /etc/protocols as the tools have it built in, the kernel's uapi headers (icmp.h, icmpv6.h, if_packet.h,
rtnetlink.h, ip.h), and nft(8) and iptables-extensions(8).
"""

from collections.abc import Mapping

from netaudit.model.netfilter.match import CtState, RouteType

PROTOCOLS: Mapping[str, int] = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "ipip": 4,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "ipv6-route": 43,
    "ipv6-frag": 44,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ospf": 89,
    "pim": 103,
    "comp": 108,
    "ipcomp": 108,
    "vrrp": 112,
    "l2tp": 115,
    "sctp": 132,
    "mh": 135,
    "ipv6-mh": 135,
    "mobility-header": 135,
    "udplite": 136,
    "mptcp": 262,
}
ICMP_TYPES: Mapping[str, int] = {
    "echo-reply": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
    "info-request": 15,
    "info-reply": 16,
    "address-mask-request": 17,
    "address-mask-reply": 18,
}
ICMPV6_TYPES: Mapping[str, int] = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "echo-reply": 129,
    "mld-listener-query": 130,
    "mld-listener-report": 131,
    "mld-listener-done": 132,
    "mld-listener-reduction": 132,
    "nd-router-solicit": 133,
    "nd-router-advert": 134,
    "nd-neighbor-solicit": 135,
    "nd-neighbor-advert": 136,
    "nd-redirect": 137,
    "router-renumbering": 138,
    "ind-neighbor-solicit": 141,
    "ind-neighbor-advert": 142,
    "mld2-listener-report": 143,
}
ICMP_CODES: Mapping[str, int] = {
    "net-unreachable": 0,
    "host-unreachable": 1,
    "prot-unreachable": 2,
    "port-unreachable": 3,
    "frag-needed": 4,
    "net-prohibited": 9,
    "host-prohibited": 10,
    "admin-prohibited": 13,
}
ICMPV6_CODES: Mapping[str, int] = {
    "no-route": 0,
    "admin-prohibited": 1,
    "addr-unreachable": 3,
    "port-unreachable": 4,
    "policy-fail": 5,
    "reject-route": 6,
}
TCP_FLAGS: Mapping[str, int] = {
    "fin": 1,
    "syn": 2,
    "rst": 4,
    "psh": 8,
    "ack": 16,
    "urg": 32,
    "ecn": 64,
    "cwr": 128,
    "all": 63,
    "none": 0,
}
PKTTYPES: Mapping[str, int] = {"unicast": 0, "host": 0, "broadcast": 1, "multicast": 2, "other": 3, "otherhost": 3}
ETHERTYPES: Mapping[str, int] = {"ip": 0x0800, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100, "ip6": 0x86DD}
DSCP: Mapping[str, int] = {
    **{f"cs{at}": at << 3 for at in range(8)},
    **{f"af{which}{drop}": which << 3 | drop << 1 for which in range(1, 5) for drop in range(1, 4)},
    "be": 0,
    "ef": 0x2E,
    "va": 0x2C,
    "lephb": 0x01,
}
CT_STATES: Mapping[str, int] = {state.name.lower(): state.value for state in CtState if state.name}
CT_STATUS: Mapping[str, int] = {
    "expected": 0x1,
    "seen-reply": 0x2,
    "assured": 0x4,
    "confirmed": 0x8,
    "snat": 0x10,
    "dnat": 0x20,
    "dying": 0x200,
}
CT_DIRECTIONS: Mapping[str, int] = {"original": 0, "reply": 1}
ROUTE_TYPES: Mapping[str, int] = {kind.name.lower(): kind.value for kind in RouteType.__members__.values() if kind.name}
LINK_TYPES: Mapping[str, int] = {
    "ether": 1,
    "ppp": 512,
    "ipip": 768,
    "tunnel": 768,
    "ipip6": 769,
    "tunnel6": 769,
    "loopback": 772,
    "sit": 776,
    "ipgre": 778,
    "gre": 778,
    "gre6": 823,
    "none": 65534,
}
NFPROTOS: Mapping[str, int] = {"ipv4": 2, "ipv6": 10}


def number(word: str | int, names: Mapping[str, int]) -> int:
    """Read a name of the table, or a number in decimal or hexadecimal. Raises ValueError."""
    if isinstance(word, int):
        return word
    return names[word.lower()] if word.lower() in names else int(word, 0)
