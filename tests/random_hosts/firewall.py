"""An operator's firewall, in the style of one of the programs and habits that people have."""

from collections.abc import Callable, Iterator

from random_hosts.chance import Chance
from random_hosts.lists import kept
from random_hosts.rules import iptables_rules, nft_table

Rules = Iterator[str]
_POLICY_ROUTING = (
    "ip rule add from 198.51.100.0/24 prohibit",
    "ip rule add to 203.0.113.0/24 blackhole",
    "ip rule add fwmark 0x1 lookup 100; ip route add default via 192.0.2.1 table 100",
    "ip rule add from 172.28.0.0/24 lookup 101; ip route add prohibit default table 101",
    "ip rule add from 192.0.2.10 lookup 102; ip route add default via 192.0.2.1 table 102",
    "ip route add blackhole 203.0.113.0/25",
)


def firewall(chance: Chance) -> tuple[str, tuple[str, ...]]:
    """Draw a firewall: its style, and the commands that make it."""
    style = chance.one(*_STYLES)
    lines = [*_STYLES[style](chance)]
    if chance.happens(0.2):
        lines.append(chance.one(*_POLICY_ROUTING))
    if chance.happens(0.25):
        lines.append(_translation(chance))
    return style, (*lines, *kept(chance))


def _none(_chance: Chance) -> Rules:
    yield from ()


def _by_hand(chance: Chance) -> Rules:
    """Write iptables rules into any chain."""
    yield from iptables_rules(chance, chance.number(2, 6))


def _default_deny(chance: Chance) -> Rules:
    """Let in what is named, and drop the rest: the host of most guides."""
    for program in ("iptables", "ip6tables"):
        yield f"{program} -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        yield f"{program} -A INPUT -i lo -j ACCEPT"
        if program == "ip6tables":
            yield "ip6tables -A INPUT -p ipv6-icmp -j ACCEPT"
        for port in chance.some(2, [22, 8000, 8001, 9000]):
            yield f"{program} -A INPUT -p tcp --dport {port} -m conntrack --ctstate NEW -j ACCEPT"
        yield (
            f"{program} -A INPUT -j {chance.one('DROP', 'REJECT')}"
            if chance.happens(0.5)
            else f"{program} -P INPUT DROP"
        )
    if chance.happens(0.5):
        yield from iptables_rules(chance, 2)


def _like_ufw(chance: Chance) -> Rules:
    """Lay out chains as ufw does."""
    for program, mark in (("iptables", "ufw"), ("ip6tables", "ufw6")):
        for chain in ("before-input", "user-input", "before-forward"):
            yield f"{program} -N {mark}-{chain}"
        yield f"{program} -A {mark}-before-input -i lo -j ACCEPT"
        if program == "ip6tables":
            yield f"{program} -A {mark}-before-input -m rt --rt-type 0 -j DROP"
            yield f"{program} -A {mark}-before-input -p ipv6-icmp -j ACCEPT"
        yield f"{program} -A {mark}-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        yield f"{program} -A {mark}-before-input -m conntrack --ctstate INVALID -j DROP"
        yield f"{program} -A {mark}-before-input -j {mark}-user-input"
        for port in chance.some(2, [22, 8000, 8001, 9000]):
            yield f"{program} -A {mark}-user-input -p {chance.one('tcp', 'udp')} --dport {port} -j ACCEPT"
        yield f"{program} -A {mark}-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        yield f"{program} -A {mark}-before-forward -m conntrack --ctstate INVALID -j DROP"
        yield f"{program} -A INPUT -j {mark}-before-input"
        yield f"{program} -A FORWARD -j {mark}-before-forward"
        yield f"{program} -P INPUT DROP"
        yield f"{program} -P FORWARD {chance.one('DROP', 'ACCEPT')}"


def _like_firewalld(chance: Chance) -> Rules:
    """Make firewalld's table: zones by interface, and a reject at the end."""
    ports = ", ".join(map(str, chance.some(3, [22, 8000, 8001, 9000], least=1)))
    forward = chance.one(
        'ct status dnat accept; iifname { "docker0", "br-own0" } accept; reject with icmpx admin-prohibited;',
        "accept;",
    )
    table = f"""
table inet firewalld {{
    chain filter_INPUT {{
        type filter hook input priority 10; policy accept;
        ct state {{ established, related }} accept
        ct status dnat accept
        iifname "lo" accept
        ct state invalid drop
        meta l4proto ipv6-icmp accept
        iifname vmap {{ "docker0" : goto trusted, "eth0" : goto public }}
        reject with icmpx admin-prohibited
    }}
    chain trusted {{ accept; }}
    chain public {{ tcp dport {{ {ports} }} accept; reject with icmpx admin-prohibited; }}
    chain filter_FORWARD {{
        type filter hook forward priority 10; policy accept;
        ct state {{ established, related }} accept
        {forward}
    }}
}}
"""
    yield f"nft -f - <<'X'{table}X"


def _native(chance: Chance) -> Rules:
    """Write an nft table by hand."""
    for at in range(chance.number(1, 2)):
        yield f"nft -f - <<'X'\n{nft_table(chance, at)}X"


def _both(chance: Chance) -> Rules:
    yield from _by_hand(chance)
    yield from _native(chance)


def _translation(chance: Chance) -> str:
    """Translate addresses by an operator's rule."""
    return chance.one(
        "iptables -t nat -I PREROUTING -p tcp --dport 8888 -j DNAT --to-destination 172.17.0.2:80",
        "iptables -t nat -A PREROUTING -p tcp --dport 8889 -j DNAT --to-destination 172.28.0.2:80",
        "iptables -t nat -I PREROUTING -p tcp --dport 8000 -j DNAT --to-destination 172.17.0.2:81",
        "iptables -t nat -I OUTPUT -p tcp --dport 8888 -j DNAT --to-destination 172.17.0.2:80",
        "iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 8001 -j REDIRECT --to-ports 9000",
        "iptables -t nat -I POSTROUTING -s 172.17.0.0/16 -o eth0 -j SNAT --to-source 192.0.2.10",
        "iptables -t nat -I POSTROUTING -d 172.17.0.2 -p tcp --dport 80 -j MASQUERADE",
        "ip6tables -t nat -I PREROUTING -p tcp --dport 8888 -j REDIRECT --to-ports 9000",
        "nft 'table inet own { chain n { type nat hook prerouting priority -100; }; }';"
        " nft add rule inet own n ip daddr 192.0.2.10 tcp dport 8888 dnat ip to 172.17.0.2:80",
    )


_STYLES: dict[str, Callable[[Chance], Rules]] = {
    "no firewall": _none,
    "iptables by hand": _by_hand,
    "iptables, default deny": _default_deny,
    "as ufw": _like_ufw,
    "as firewalld": _like_firewalld,
    "nft by hand": _native,
    "iptables and nft": _both,
}
