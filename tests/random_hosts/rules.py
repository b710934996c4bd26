"""Random rules that people might write: iptables' and nft's, about the addresses and ports of the lab."""

from collections.abc import Iterator

from random_hosts.chance import Chance

_SOURCES = {
    4: ("192.0.2.1", "192.0.2.0/24", "198.51.100.7", "198.51.100.0/24", "203.0.113.0/24", "172.16.0.0/12",
        "172.17.0.0/16", "172.28.0.0/24", "172.17.0.2", "192.0.2.10", "127.0.0.0/8"),
    6: ("2001:db8::1", "2001:db8::/64", "2001:db8:ffff::/64", "2001:db8:1::/64", "2001:db8:1::2", "2001:db8::10"),
}  # fmt: skip
_TARGETS = {
    4: ("192.0.2.10", "192.0.2.11", "172.17.0.1", "172.17.0.2", "172.28.0.1", "172.28.0.2", "127.0.0.1"),
    6: ("2001:db8::10", "2001:db8:1::1", "2001:db8:1::2", "::1"),
}
_INTERFACES = ("eth0", "docker0", "br-own0", "br-own1", "lo", "br-+")
_PORTS = ("80", "81", "4444", "7000", "8000", "8001", "8002", "9000", "8000:8002", "1:1023")
_CHAINS = (
    ("", "DOCKER-USER"), ("", "DOCKER-USER"), ("", "DOCKER-USER"), ("", "INPUT"), ("", "INPUT"), ("", "FORWARD"),
    ("", "OUTPUT"), ("-t raw", "PREROUTING"), ("-t mangle", "PREROUTING"), ("-t mangle", "FORWARD"),
    ("-t mangle", "POSTROUTING"), ("-t mangle", "INPUT"), ("-t raw", "OUTPUT"),
)  # fmt: skip
_COMES_IN = ("DOCKER-USER", "INPUT", "FORWARD", "PREROUTING")
_GOES_OUT = ("DOCKER-USER", "OUTPUT", "FORWARD", "POSTROUTING")


def iptables_rules(chance: Chance, count: int) -> Iterator[str]:
    """Draw commands, each with one rule."""
    for _ in range(count):
        version = chance.one(4, 4, 4, 6)
        table, chain = chance.one(*_CHAINS)
        program = "iptables" if version == 4 else "ip6tables"
        where = f"{program} {table} {chance.one('-I', '-I', '-A')} {chain}"
        rule = " ".join(_matches(chance, version, table, chain))
        # engines before 28 have no DOCKER-USER for IPv6 unless they write its rules
        yield f"{where} {rule} -j {_target(chance, table)}{' || true' if chain == 'DOCKER-USER' else ''}"


def _target(chance: Chance, table: str) -> str:
    own = {"-t raw": ("CT --notrack",), "-t mangle": ("MARK --set-mark 0x1", "CONNMARK --set-mark 0x1")}
    rejects = ("REJECT", "LOG") if not table else ()
    return chance.one("DROP", "DROP", "DROP", "ACCEPT", "RETURN", *rejects, *own.get(table, ()))


def _matches(chance: Chance, version: int, table: str, chain: str) -> Iterator[str]:
    protocol = chance.one("", "tcp", "udp", "tcp")
    pool = [
        f"{_not(chance)}-s {chance.one(*_SOURCES[version])}",
        f"{_not(chance)}-d {chance.one(*_TARGETS[version])}",
        *([f"{_not(chance)}-i {chance.one(*_INTERFACES)}"] if chain in _COMES_IN else ()),
        *([f"{_not(chance)}-o {chance.one(*_INTERFACES)}"] if chain in _GOES_OUT else ()),
        *_ported(chance, protocol),
        *(_tracked(chance, version) if table != "-t raw" else ()),
        "-m mark --mark 0x1" if chance.happens(0.3) else f"-m addrtype {_not(chance)}--dst-type LOCAL",
    ]
    if version == 4 and chance.happens(0.1):
        pool.append(f"-m ttl --ttl-{chance.one('gt 10', 'lt 5', 'eq 64')}")
    if version == 4 and chance.happens(0.2):
        pool.append(f"-m iprange {_not(chance)}--src-range 198.51.100.1-203.0.113.255")
    yield from ([f"-p {protocol}"] if protocol else [])
    # behind multiport iptables-legacy takes --dport for one more --dports
    yield from sorted(chance.some(3, pool, least=2), key=lambda one: "multiport" in one)


def _ported(chance: Chance, protocol: str) -> Iterator[str]:
    if not protocol:
        return
    yield f"{_not(chance)}--dport {chance.one(*_PORTS)}"
    if chance.happens(0.3):
        yield f"-m multiport {_not(chance)}--dports 80,8000,9000:9001"
    if chance.happens(0.2):
        yield f"--sport {chance.one('1024:65535', '80', '1:1023')}"


def _tracked(chance: Chance, version: int) -> Iterator[str]:
    target = chance.one(*_TARGETS[version])
    yield "-m conntrack " + chance.one(
        f"{_not(chance)}--ctstate NEW",
        f"{_not(chance)}--ctstate RELATED,ESTABLISHED",
        "--ctstate INVALID",
        f"{_not(chance)}--ctstate DNAT",
        f"--ctorigdstport {chance.one('8000', '8001', '9000')}",
        f"{_not(chance)}--ctorigdst {target}",
        f"--ctdir {chance.one('ORIGINAL', 'REPLY')}",
    )


def _not(chance: Chance) -> str:
    return "! " if chance.happens(0.2) else ""


_NFT_CHAINS = (
    "filter hook input priority 0", "filter hook input priority -5", "filter hook forward priority 0",
    "filter hook forward priority 5", "filter hook output priority 0", "filter hook prerouting priority -300",
    "filter hook prerouting priority -50", "filter hook postrouting priority 110",
)  # fmt: skip


def nft_table(chance: Chance, number: int) -> str:
    """Draw a table with sets, a verdict map, a chain that is jumped to, and base chains."""
    family = chance.one("inet", "inet", "ip")
    lines = [
        f"table {family} own{number} {{",
        "set ports { type inet_service; flags interval; elements = { 80, 8000-8001 }; }",
        "set hosts { type ipv4_addr; flags interval; elements = { 198.51.100.0/24, 192.0.2.1, 172.28.0.0/24 }; }",
        "set pairs { type ipv4_addr . inet_service; flags interval;",
        "elements = { 198.51.100.0/24 . 8000-8002, 192.0.2.1 . 80 }; }",
        "chain side {",
        *(_nft_rule(chance) for _ in range(2)),
        "}",
        "map verdicts { type inet_service : verdict; elements = { 80 : drop, 81 : accept, 9000 : jump side }; }",
    ]
    for at, base in enumerate(chance.some(3, list(_NFT_CHAINS), least=1)):
        lines += [f"chain base{at} {{ type {base}; policy accept;"]
        lines += [_nft_rule(chance, "jump side", "tcp dport vmap @verdicts") for _ in range(chance.number(1, 4))]
        lines = [line.replace(" reject", " drop") for line in lines] if "postrouting" in base else lines
        lines += ["}"]
    return "\n".join([*lines, "}", ""])


def _nft_rule(chance: Chance, *more: str) -> str:
    if more and chance.happens(0.2):
        return chance.one(*more)
    protocol = chance.one("tcp", "tcp", "udp")
    of_tcp = ["ip saddr . tcp dport @pairs"] if protocol == "tcp" else []
    pool = [
        f"ip saddr {chance.one('', '!= ')}{chance.one(*_SOURCES[4])}",
        f"ip daddr {chance.one('', '!= ')}{chance.one(*_TARGETS[4])}",
        f"ip saddr {chance.one('', '!= ')}@hosts",
        *of_tcp,
        f"{protocol} dport {chance.one('@ports', '!= @ports', '8000', '{ 80, 9000 }', '8000-8002')}",
        f"{protocol} sport {chance.one('1024-65535', '32768-65535', '80')}",
        f"iifname {chance.one('', '!= ')}{chance.one('eth0', 'docker0', 'lo', '{ eth0, docker0 }')}",
        f"ct state {chance.one('new', 'established,related', 'invalid')}",
        f"ct direction {chance.one('original', 'reply')}",
        "ct status dnat",
        f"meta l4proto {protocol}",
        "fib daddr type local",
    ]
    matches = chance.some(3, pool, least=2)
    return " ".join([*matches, chance.one("drop", "drop", "accept", "counter drop", "return", "reject")])
