"""The names of what nft reads of a packet (nft(8), "Payload expressions" and "Meta expressions")."""

from collections.abc import Mapping


def names_in(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


META = names_in(
    """
    length nfproto l4proto protocol priority random mark iif iifname iiftype iifkind iifgroup oif oifname
    oiftype oifkind oifgroup sdif sdifname skuid skgid nftrace rtclassid ibrname obrname ibriport ibridgename
    obridgename ibrpvid ibrvproto ibrhwaddr pkttype cpu cgroup ipsec secpath secmark time day hour broute
    """
)
# What may stand without the word `meta` before it.
BARE_META = names_in(
    """
    mark iif iifname iiftype iifgroup oif oifname oiftype oifgroup skuid skgid nftrace rtclassid ibrname
    obrname pkttype cpu cgroup time day hour
    """
)
_PORTS = "sport dport checksum"
FIELDS: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "ether": "saddr daddr type",
        "vlan": "id pcp cfi dei type",
        "arp": "htype ptype hlen plen operation saddr daddr",
        "ip": "version hdrlength dscp ecn length id frag-off ttl protocol checksum saddr daddr",
        "ip6": "version dscp ecn flowlabel length nexthdr hoplimit saddr daddr",
        "icmp": "type code checksum id sequence mtu gateway",
        "icmpv6": "type code checksum parameter-problem packet-too-big mtu id sequence max-delay taddr daddr",
        "igmp": "type mrt checksum group",
        "tcp": f"{_PORTS} sequence ackseq doff reserved flags window urgptr",
        "udp": f"{_PORTS} length",
        "udplite": f"{_PORTS} cscov csumcov",
        "sctp": f"{_PORTS} vtag",
        "dccp": f"{_PORTS} type",
        "th": "sport dport",
        "ah": "nexthdr hdrlength reserved spi sequence",
        "esp": "spi sequence",
        "comp": "nexthdr flags cpi",
        "gre": "flags version protocol",
        "gretap": "",
        "vxlan": "vni flags",
        "geneve": "vni flags",
    }.items()
}
TUNNELS = frozenset({"vxlan", "geneve", "gre", "gretap"})
EXTENSION_HEADERS: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "hbh": "nexthdr hdrlength",
        "frag": "nexthdr frag-off reserved reserved2 more-fragments id",
        "rt": "nexthdr hdrlength type seg-left",
        "dst": "nexthdr hdrlength",
        "mh": "nexthdr hdrlength type reserved checksum",
        "srh": "nexthdr flags tag sid seg-left last-entry",
    }.items()
}
