"""Random rulesets of iptables: every table, user chains, jumps and gotos, translation, all matches that are read."""

from collections.abc import Iterator

from kernel.pools import MARKS, Pools

CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
_COMES_IN = ("PREROUTING", "INPUT", "FORWARD")
_GOES_OUT = ("FORWARD", "OUTPUT", "POSTROUTING")
_USER = {"raw": 2, "mangle": 2, "nat": 0, "filter": 3}


def ruleset(pools: Pools) -> str:
    """Return what iptables-restore, or ip6tables-restore, takes."""
    return "".join(f"*{table}\n{_table(pools, table)}COMMIT\n" for table in CHAINS)


def _table(pools: Pools, table: str) -> str:
    users = [f"U{at}" for at in range(_USER[table])]
    heads = [f":{chain} {_policy(pools, table)}\n" for chain in CHAINS[table]]
    heads += [f":{chain} -\n" for chain in users]
    rules = [f"-A {chain} {rule}\n" for chain in CHAINS[table] for rule in _rules(pools, table, chain, users)]
    for at, chain in enumerate(users):
        rules += [f"-A {chain} {rule}\n" for rule in _rules(pools, table, chain, users[at + 1 :])]
    return "".join(heads + rules)


def _policy(pools: Pools, table: str) -> str:
    return "DROP" if table == "filter" and pools.chance(0.25) else "ACCEPT"


def _rules(pools: Pools, table: str, chain: str, users: list[str]) -> Iterator[str]:
    for _ in range(pools.random.randint(1, 7)):
        yield " ".join(filter(None, [*_matches(pools, table, chain), _target(pools, table, chain, users)]))


def _target(pools: Pools, table: str, chain: str, users: list[str]) -> str:
    if users and pools.chance(0.3):
        return f"{pools.one('-j', '-j', '-g')} {pools.one(*users)}"
    if table == "nat" and pools.chance(0.7):
        return f"-j {_nat(pools, chain)}"
    if table == "raw" and pools.chance(0.1):
        return "-j CT --notrack"
    if pools.chance(0.25):
        return f"-j {_marking(pools)}"
    if table == "filter" and pools.chance(0.04):
        return "-j REJECT"
    drops = ("-j DROP",) if table != "nat" else ()
    return pools.one("-j ACCEPT", "-j RETURN", "-j LOG", "", "", "", "-j ACCEPT", *drops)


def _marking(pools: Pools) -> str:
    mark = pools.random.choice(MARKS)
    of_connection = (
        f"CONNMARK --set-xmark {mark:#x}/0xff", "CONNMARK --save-mark",
        "CONNMARK --save-mark --nfmask 0xf --ctmask 0xff",
    )  # fmt: skip
    return pools.one(
        f"MARK --set-xmark {mark:#x}/0xff",
        f"MARK --set-mark {mark:#x}",
        f"MARK --or-mark {mark:#x}",
        f"MARK --and-mark {mark:#x}",
        f"MARK --xor-mark {mark:#x}",
        "CONNMARK --restore-mark",
        "CONNMARK --restore-mark --nfmask 0xf0 --ctmask 0xff",
        *(of_connection if pools.marks_connections else ()),
    )


def _nat(pools: Pools, chain: str) -> str:
    host = pools.one(*pools.servers, *pools.own[:2], *pools.clients[:1])
    shown = host if pools.version == 4 else f"[{host}]"
    low, high = pools.port_range()
    if chain in ("PREROUTING", "OUTPUT"):
        return pools.one(
            f"DNAT --to-destination {host}",
            f"DNAT --to-destination {shown}:{pools.port()}",
            f"DNAT --to-destination {shown}:{low}-{high}",
            f"REDIRECT --to-ports {pools.port()}",
        )
    if chain == "INPUT":
        return f"SNAT --to-source {host}"
    return pools.one(
        f"SNAT --to-source {host}", f"SNAT --to-source {shown}:{low + 20000}-{low + 29000}", "MASQUERADE", "MASQUERADE"
    )


def _matches(pools: Pools, table: str, chain: str) -> list[str]:
    ported = pools.one("", "", "tcp", "udp") or ("tcp" if _needs_ports(table) else "")
    parts = [f"-p {ported}"] if ported else []
    pool = list(_addressed(pools)) + list(_placed(pools, table, chain))
    pool += list(_stateful(pools, table)) + list(_payload(pools, ported))
    for part in pools.random.sample(pool, k=pools.random.choice((0, 1, 1, 2, 2, 3))):
        if not _clashes(part, parts):
            parts.append(part)
    return parts


def _clashes(part: str, parts: list[str]) -> bool:
    """Tell whether iptables refuses an option for the second time."""
    words = {word for other in parts for word in other.split() if word.startswith("-")}
    return any(word in words for word in part.split() if word.startswith("-") and word != "-m")


def _needs_ports(table: str) -> bool:
    return table == "nat"  # translating to a port needs a protocol that has ports


def _not(pools: Pools) -> str:
    return "! " if pools.chance(0.25) else ""


def _addressed(pools: Pools) -> Iterator[str]:
    yield f"{_not(pools)}-s {pools.network()}"
    yield f"{_not(pools)}-d {pools.network()}"
    first, last = sorted((pools.clients[0], pools.clients[2]))
    yield f"-m iprange {_not(pools)}--src-range {first}-{last}"
    first, last = sorted((pools.servers[1], pools.servers[3]))
    yield f"-m iprange {_not(pools)}--dst-range {first}-{last}"
    kinds = ("LOCAL", "UNICAST", "LOCAL,UNICAST", "MULTICAST") if pools.version == 6 else (
        "LOCAL", "UNICAST", "BROADCAST,LOCAL", "MULTICAST", "UNICAST,LOCAL")  # fmt: skip
    yield f"-m addrtype {_not(pools)}--dst-type {pools.one(*kinds)}"
    yield f"-m addrtype {_not(pools)}--src-type {pools.one(*kinds)}"


def _placed(pools: Pools, table: str, chain: str) -> Iterator[str]:
    name = pools.one("lan0", "srv0", "l+", "srv+", "dum0")
    if chain in _COMES_IN:
        yield f"{_not(pools)}-i {name}"
        yield f"-m addrtype {_not(pools)}--dst-type LOCAL --limit-iface-in"
        yield f"-m mac {_not(pools)}--mac-source 02:00:00:00:00:0{pools.one('1', '4')}"
        yield "-m pkttype --pkt-type unicast"
    if chain in _GOES_OUT:
        yield f"{_not(pools)}-o {name}"
        yield f"-m addrtype {_not(pools)}--src-type LOCAL --limit-iface-out"
    if chain == "PREROUTING" and table != "nat":
        yield f"-m rpfilter {pools.one('', '--invert')}".strip()
    if chain == "OUTPUT":
        yield f"-m owner {_not(pools)}--uid-owner {pools.one('0', '1000')}"


def _stateful(pools: Pools, table: str) -> Iterator[str]:
    mark = pools.random.choice(MARKS)
    yield f"-m mark {_not(pools)}--mark {mark & 0xF:#x}/0xf"
    yield f"-m mark {_not(pools)}--mark {mark:#x}"
    yield "-m statistic --mode random --probability 0.5" if pools.chance(0.1) else "-m comment --comment always"
    if table == "raw":
        return
    yield f"-m connmark {_not(pools)}--mark {mark & 0xF:#x}/0xf"
    states = ("NEW", "ESTABLISHED", "NEW,RELATED", "INVALID", "UNTRACKED", "DNAT", "SNAT", "RELATED,ESTABLISHED")
    yield f"-m conntrack {_not(pools)}--ctstate {pools.one(*states)}"
    yield f"-m conntrack {_not(pools)}--ctorigdst {pools.address()}"
    yield f"-m conntrack {_not(pools)}--ctreplsrc {pools.network()}"
    yield f"-m conntrack --ctdir {pools.one('ORIGINAL', 'REPLY')}"
    yield f"-m conntrack --ctstate NEW --ctproto {pools.one('tcp', 'udp')}"
    yield f"-m state {_not(pools)}--state {pools.one('NEW', 'ESTABLISHED', 'INVALID,NEW')}"


def _payload(pools: Pools, protocol: str) -> Iterator[str]:
    low, high = pools.port_range()
    wide = pools.wide_range()
    if protocol:
        yield f"-m {protocol} {_not(pools)}--dport {low}:{high}"
        yield f"-m {protocol} {_not(pools)}--dport {pools.port()}"
        yield f"-m {protocol} {_not(pools)}--sport {wide[0]}:{wide[1]}"
        yield f"-m multiport {_not(pools)}--dports {pools.port()},{low}:{high}"
        yield f"-m multiport {_not(pools)}--sports {wide[0]}:{wide[1]}"
        yield f"-m multiport {_not(pools)}--ports {wide[0]}:{wide[1]},{pools.port()}"
    if protocol == "tcp":
        yield f"-m tcp {_not(pools)}--syn".replace("--syn", "--tcp-flags FIN,SYN,RST,ACK SYN")
        yield f"-m tcp {_not(pools)}--tcp-flags SYN,ACK,PSH ACK"
    if not protocol:
        kind = pools.one("8", "13/0") if pools.version == 4 else "128"
        yield (f"-p icmp -m icmp {_not(pools)}--icmp-type {kind}" if pools.version == 4
               else f"-p ipv6-icmp -m icmp6 {_not(pools)}--icmpv6-type {kind}")  # fmt: skip
        yield f"{_not(pools)}-p {pools.one('tcp', 'udp', '132')}"
    yield f"-m length {_not(pools)}--length {pools.one('20:40', '36', '60:', '228')}"
    yield f"-m dscp {_not(pools)}--dscp {pools.one('0', '8', '0x2e')}"
    if not pools.counts_hops:
        return
    if pools.version == 4:
        yield f"-m ttl {pools.one('--ttl-eq 61', '--ttl-lt 61', '--ttl-gt 60')}"
    else:
        yield f"-m hl {pools.one('--hl-eq 61', '--hl-lt 61', '--hl-gt 60')}"
