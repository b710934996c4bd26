"""What an operator keeps beside rules: lists of addresses and ports, owners, policy routing, tables below IP."""

from random_hosts.chance import Chance

_IPSETS = (
    "ipset create own hash:net; ipset add own 198.51.100.0/24",
    "ipset create own hash:net; ipset add own 0.0.0.0/1; ipset add own 192.0.2.0/24 nomatch",
    "ipset create own hash:ip timeout 3600; ipset add own 192.0.2.1; ipset add own 198.51.100.7 timeout 7200",
    "ipset create own hash:ip; ipset add own 172.17.0.2",
    "ipset create own hash:ip",
    "ipset create inner hash:net; ipset add inner 198.51.100.7; ipset create own list:set; ipset add own inner",
)
_OF_IPSETS = (
    "iptables -I DOCKER-USER -m set {no}--match-set own src -j DROP",
    "iptables -I DOCKER-USER -i eth0 -m set {no}--match-set own src -j DROP",
    "iptables -I INPUT -m set {no}--match-set own src -j DROP",
    "iptables -t raw -I PREROUTING -p tcp -m set --match-set own src -j DROP",
    "iptables -t mangle -I POSTROUTING -m set --match-set own dst -j DROP",
)
_WHOLE = (
    (
        "ipset create own bitmap:port range 0-65535; ipset add own 8000-8001;"
        " iptables -I INPUT -p tcp -m set --match-set own dst -j DROP"
    ),
    (
        "ipset create own hash:ip,port; ipset add own 198.51.100.7,tcp:80; ipset add own 192.0.2.1,udp:80;"
        " iptables -I DOCKER-USER -m set --match-set own src,dst -j DROP"
    ),
    (
        "ipset create own hash:net,iface; ipset add own 192.0.2.0/24,eth0;"
        " iptables -I DOCKER-USER -m set --match-set own src,src -j DROP"
    ),
    (
        "ipset create own hash:net,port; ipset add own 198.51.100.0/24,tcp:80;"
        " iptables -I FORWARD -m set --match-set own src,dst -j DROP"
    ),
    (
        "ipset create own hash:net family inet6; ipset add own 2001:db8:ffff::/64;"
        " for chain in INPUT FORWARD; do ip6tables -I $chain -m set --match-set own src -j DROP; done"
    ),
    (
        "nft 'table inet kept { set bad { type ipv4_addr; flags timeout; elements = { 198.51.100.7 timeout 2h }; };"
        " chain c { type filter hook prerouting priority raw; ip saddr @bad drop; }; }'"
    ),
    (
        "nft 'table ip kept { map led { type inet_service : ipv4_addr . inet_service;"
        " elements = { 8887 : 172.17.0.2 . 80 }; };"
        " chain c { type nat hook prerouting priority -110; dnat ip to tcp dport map @led; }; }'"
    ),
    (
        "nft 'table inet kept { set pairs { typeof ip saddr . tcp dport; flags interval;"
        " elements = { 192.0.2.0/24 . 8000-8001 }; }; chain c { type filter hook prerouting priority -150;"
        " ip saddr . tcp dport @pairs drop; }; }'"
    ),
    (
        "nft 'table netdev kept { chain c { type filter hook ingress device eth0 priority 0;"
        " ip saddr 198.51.100.0/24 tcp dport 8000 drop; }; }'"
    ),
    "nft 'table bridge kept { chain c { type filter hook forward priority 0; ip protocol udp drop; }; }'",
    "nft 'table inet kept { chain c { type filter hook output priority 0; meta skuid 0 tcp dport 80 drop; }; }'",
    "iptables -I INPUT -m recent --name own --rcheck --seconds 600 -j DROP",
    "iptables -I OUTPUT -m owner --uid-owner 0 -p tcp --dport 8000 -j REJECT",
    "iptables -I OUTPUT -m owner ! --uid-owner 0 -p tcp --dport 9000 -j DROP",
    "iptables -I DOCKER-USER -m mac --mac-source 02:42:ac:11:00:02 -j DROP",
    "iptables -I DOCKER-USER -i docker0 -o docker0 -m physdev --physdev-is-bridged -j DROP",
    "iptables -I INPUT -m pkttype --pkt-type unicast -p udp -j DROP",
)
_ROUTING = (
    (
        "ip rule add pref 200 lookup main suppress_prefixlength 0; ip rule add pref 201 not fwmark 0xca6c lookup 100;"
        " ip route add default via 192.0.2.1 table 100"
    ),
    "ip rule add pref 300 iif docker0 lookup 103; ip route add unreachable default table 103",
    "ip rule add pref 300 iif eth0 to 172.17.0.0/16 prohibit",
    "ip rule add pref 300 ipproto tcp dport 80 to 172.17.0.0/16 blackhole",
    "ip rule add pref 300 iif lo lookup 104; ip route add throw default table 104",
    "ip rule add pref 300 uidrange 0-0 to 198.51.100.0/24 prohibit",
    "ip -6 rule add pref 300 from 2001:db8:ffff::/64 prohibit",
    "ip route add 172.17.0.2/32 via 192.0.2.1",
    "ip route add unreachable 198.51.100.0/24; ip -6 route add unreachable 2001:db8:ffff::/64",
)


def kept(chance: Chance) -> list[str]:
    """Draw what is kept beside a firewall: nothing on most hosts."""
    lines = []
    if chance.happens(0.15):
        lines += [chance.one(*_IPSETS), chance.one(*_OF_IPSETS).format(no=chance.one("", "", "! "))]
    elif chance.happens(0.3):
        lines += [chance.one(*_WHOLE)]
    # a daemon that writes no rules makes no DOCKER-USER
    lines = [f"{line} || true" if "DOCKER-USER" in line else line for line in lines]
    return [*lines, chance.one(*_ROUTING)] if chance.happens(0.15) else lines
