"""What hosts have beside bridges and a firewall: uplinks, shims, guests, NAT of IPv6, chains of one priority."""

from lab.image import IMAGE

from random_hosts.chance import Chance

Lines = list[str]
_BEFORE = {
    (
        "ip link add eth1 type veth peer name far1; ip link set far1 up; ip addr add 198.18.0.10/24 dev eth1;"
        " ip link set eth1 up; ip route add 203.0.113.0/25 via 198.18.0.1"
    ): 0.15,
}
_SHIM = (
    "docker network create -d macvlan -o parent=eth0 --subnet 192.0.2.0/24 --ip-range 192.0.2.64/27 pub",
    f"docker run -d --name shimmed --network pub {IMAGE} /bin/busybox sleep 100000",
    (
        "ip link add shim link eth0 type macvlan mode bridge; ip addr add 192.0.2.60/32 dev shim; ip link set shim up;"
        " ip route add 192.0.2.64/27 dev shim"
    ),
)
_DOCKER = {
    (f"docker run -d --name onhost --network host {IMAGE} /bin/busybox httpd -f -p 7070 -h /",): 0.2,
    (f"docker run -d --name guest --network container:con0 {IMAGE} /bin/busybox sleep 100000",): 0.2,
    _SHIM: 0.1,
}
_SIX = (
    "ip6tables -t nat -I PREROUTING -p tcp --dport 8888 -j DNAT --to-destination [2001:db8:1::2]:80",
    "ip6tables -t nat -I OUTPUT -p tcp --dport 8888 -j DNAT --to-destination [2001:db8:1::2]:80",
    "ip6tables -t nat -I POSTROUTING -s 2001:db8:1::/48 -o eth0 -j MASQUERADE",
    "ip6tables -t nat -I POSTROUTING -d 2001:db8:1::/48 -p tcp --dport 80 -j SNAT --to-source 2001:db8::10",
    "ip6tables -I FORWARD -m hl --hl-lt 5 -j DROP",
    "ip6tables -I FORWARD -m hl --hl-gt 70 -j DROP",
)


def _chain(family: str, base: str, *rules: str) -> str:
    return f"nft 'table {family} same {{ chain c {{ type {base}; {'; '.join(rules)}; }}; }}'"


_KNOWN = "ct state established,related accept"
_SAME_PRIORITY = (
    _chain("ip", "nat hook prerouting priority dstnat", "tcp dport 8000 dnat to 172.17.0.2:81"),
    _chain("ip", "nat hook prerouting priority dstnat", "tcp dport 8000-8001 redirect to 9000"),
    _chain("ip", "nat hook postrouting priority srcnat", "ip daddr 172.17.0.0/16 masquerade"),
    _chain(
        "inet",
        "filter hook forward priority filter; policy drop",
        *('iifname "docker0" accept', _KNOWN, "ct status dnat accept"),
    ),
    _chain(
        "inet",
        "filter hook input priority filter; policy drop",
        *("iif lo accept", _KNOWN, "meta l4proto ipv6-icmp accept", "tcp dport { 22, 9000 } accept"),
    ),
    _chain("inet", "filter hook output priority filter", "oifname docker0 tcp dport 80 reject"),
)
_LATER = (
    "iptables -I DOCKER-USER -i eth0 -m conntrack --ctstate ESTABLISHED -j DROP || true",
    "iptables -I INPUT -p tcp --dport 9000 -m conntrack --ctstate ESTABLISHED -j DROP",
    "iptables -I OUTPUT -p udp -m conntrack --ctstate ESTABLISHED -j DROP",
    "iptables -I FORWARD -p tcp -m conntrack --ctstate ESTABLISHED --ctdir REPLY -j DROP",
    "iptables -I INPUT -p tcp -m connlimit --connlimit-above 500 -j DROP",
    "iptables -I INPUT -p udp -m hashlimit --hashlimit-above 900/sec --hashlimit-name own -j DROP",
    "iptables -I OUTPUT -m owner --gid-owner 0 -p udp -j DROP",
    "iptables -I OUTPUT -m owner ! --socket-exists -j DROP",
    "iptables -I INPUT -m physdev --physdev-is-in -p tcp --dport 9000 -j DROP",
    "iptables -t mangle -I POSTROUTING -m physdev ! --physdev-is-bridged -p udp -o docker0 -j DROP",
)
_SWITCHES = (
    "sysctl -qw net.ipv4.conf.eth0.forwarding=0",
    "sysctl -qw net.ipv4.conf.docker0.forwarding=0",
    "sysctl -qw net.ipv6.conf.eth0.forwarding=0",
    "sysctl -qw net.ipv4.conf.docker0.rp_filter=1",
    "sysctl -qw net.ipv4.conf.all.accept_local=1 net.ipv4.conf.eth0.rp_filter=2",
    "ip link set docker0 down; ip link set docker0 up",
)


def before_engine(chance: Chance) -> Lines:
    """Draw devices that are there before the engine."""
    return [line for line, share in _BEFORE.items() if chance.happens(share)]


def more_containers(chance: Chance) -> Lines:
    """Draw containers that are on no bridge."""
    return [line for lines, share in _DOCKER.items() if chance.happens(share) for line in lines]


def more_rules(chance: Chance) -> Lines:
    """Draw rules and switches that few firewalls have, one of each kind at most."""
    kinds = ((_SIX, 0.25), (_SAME_PRIORITY, 0.2), (_LATER, 0.2), (_SWITCHES, 0.15))
    return [chance.one(*lines) for lines, share in kinds if chance.happens(share)]
