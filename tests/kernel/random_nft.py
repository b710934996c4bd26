"""Random native rulesets: base chains at many priorities, sets, maps, verdict maps, marks, translation."""

from collections.abc import Iterator

from kernel.pools import MARKS, Pools


def ruleset(pools: Pools) -> str:
    """Return what `nft -f` takes: a table of both families, and one of one, with base chains of the same priorities."""
    own = "ip" if pools.version == 4 else "ip6"
    tables = [
        f"table inet both {{\n{_table(pools, own, 'inet')}}}\n",
        f"table {own} one {{\n{_table(pools, own, own)}}}\n",
    ]
    return "".join(pools.random.sample(tables, k=2))


def _table(pools: Pools, own: str, family: str) -> str:
    users = [f"user{at}" for at in range(3)]
    kind = "ipv4_addr" if own == "ip" else "ipv6_addr"
    addresses = ", ".join(sorted({pools.address() for _ in range(3)}))
    first, second = pools.clients[0], pools.servers[1]
    text = f"  set hosts {{ type {kind}; elements = {{ {addresses} }} }}\n"
    net = "192.0.2.0/30" if own == "ip" else "2001:db8:1::/126"
    text += f"  set nets {{ type {kind}; flags interval; elements = {{ {net}, {second} }} }}\n"
    text += f"  set pairs {{ type {kind} . inet_service; elements = {{ {second} . 80, {first} . {pools.port()} }} }}\n"
    text += "  map verdicts { type inet_service : verdict; elements = { 22 : accept, 53 : jump user2, 80 : drop } }\n"
    text += f"  map to {{ type inet_service : {kind}; elements = {{ 80 : {second}, 443 : {pools.servers[2]} }} }}\n"
    blocks = [_chain(pools, own, f"user{at}", "", users[at + 1 :]) for at in range(3)]
    shift = pools.one(1, 1, 7)  # most are at the priorities of the other table's
    bases: list[str] = []
    for hook, priority in (
        ("prerouting", -300), ("prerouting", -140), ("prerouting", -50), ("input", 0), ("forward", 0),
        ("forward", 20), ("output", -290), ("output", 0), ("postrouting", 0), ("postrouting", 150),
    ):  # fmt: skip
        if pools.chance(0.6):
            head = f"type filter hook {hook} priority {priority + shift}; policy {_policy(pools)};"
            bases.append(_chain(pools, own, f"{hook}_{priority + 400}", head, users))
        if pools.chance(0.15):
            head = f"type filter hook {hook} priority {priority + shift};"
            bases.append(_chain(pools, own, f"{hook}_{priority + 400}_too", head, users))
    for hook, priority in (("prerouting", -100), ("output", -100), ("postrouting", 100), ("input", 100)):
        if pools.chance(0.6):
            head = f"type nat hook {hook} priority {priority + shift};"
            bases.append(_nat_chain(pools, own, family, hook, head))
        if pools.chance(0.2):
            bases.append(
                _nat_chain(
                    pools, own, family, hook, head=f"type nat hook {hook} priority {priority + shift};", more="_too"
                )
            )
    return text + "".join(blocks + pools.random.sample(bases, k=len(bases)))


def _policy(pools: Pools) -> str:
    return pools.one("accept", "accept", "accept", "accept", "drop")


def _chain(pools: Pools, own: str, name: str, head: str, users: list[str]) -> str:
    early = "-300" in head or "-290" in head or "-293" in head
    rules = [_rule(pools, own, users, early=early) for _ in range(pools.random.randint(1, 6))]
    return f"  chain {name} {{\n    {head}\n" + "".join(f"    {rule}\n" for rule in rules) + "  }\n"


def _nat_chain(pools: Pools, own: str, family: str, hook: str, head: str, more: str = "") -> str:
    rules = [
        " ".join([*_matches(pools, own), *_nat(pools, own, family, hook)]) for _ in range(pools.random.randint(1, 4))
    ]
    return f"  chain nat_{hook}{more} {{\n    {head}\n" + "".join(f"    {rule}\n" for rule in rules) + "  }\n"


def _nat(pools: Pools, own: str, family: str, hook: str) -> list[str]:
    word = f" {own}" if family == "inet" else ""
    host = pools.one(*pools.servers, *pools.own[:2])
    shown = host if own == "ip" else f"[{host}]"
    port = "meta l4proto { tcp, udp }"
    if hook in ("prerouting", "output"):
        return [
            pools.one(
                f"dnat{word} to {host}",
                f"tcp dport {pools.port()} dnat{word} to {shown}:{pools.port()}",
                f"dnat{word} to tcp dport map @to",
                f"dnat{word} to tcp dport map {{ 22 : {pools.servers[0]}, 80 : {pools.servers[3]} }}",
                f"{port} redirect to :{pools.port()}",
                "accept",
                "counter",
            )
        ]
    if hook == "input":
        return [pools.one(f"snat{word} to {host}", "accept")]
    return [pools.one(f"snat{word} to {host}", "masquerade", f"{port} masquerade", "accept", "return")]


def _rule(pools: Pools, own: str, users: list[str], *, early: bool) -> str:
    parts = _matches(pools, own)
    if pools.chance(0.2):
        parts.append(_marking(pools, early=early))
    if pools.chance(0.1):
        parts += _matches(pools, own)[:1]
    if pools.chance(0.05):
        parts.append("counter")
    if early and pools.chance(0.1):
        parts.append("notrack")
    elif pools.chance(0.12):
        return " ".join([*parts, _by_map(pools, own, users)])
    return " ".join([*parts, _verdict(pools, users)])


def _by_map(pools: Pools, own: str, users: list[str]) -> str:
    there = [f"jump {user}" for user in users] + ["accept", "drop", "return", "continue"]
    first, second = pools.clients[0], pools.clients[1]
    maps = [
        f"tcp dport vmap {{ 22 : {pools.one(*there)}, 80-443 : {pools.one(*there)} }}",
        f"meta l4proto vmap {{ tcp : {pools.one(*there)}, udp : {pools.one(*there)} }}",
        f'iifname vmap {{ "lan0" : {pools.one(*there)}, "srv0" : {pools.one(*there)} }}',
        f"ct state vmap {{ new : {pools.one(*there)}, established : accept, untracked : {pools.one(*there)} }}",
        f"{own} saddr vmap {{ {first} : {pools.one(*there)}, {second} : {pools.one(*there)} }}",
        f"{own} saddr . tcp dport vmap {{ {first} . 80 : {pools.one(*there)} }}",
        f"meta mark and 0xf vmap {{ 0x0 : {pools.one(*there)}, 0x1 : {pools.one(*there)} }}",
    ]
    if "user2" in users:
        maps.append("tcp dport vmap @verdicts")
    return pools.one(*maps)


def _verdict(pools: Pools, users: list[str]) -> str:
    if users and pools.chance(0.35):
        return f"{pools.one('jump', 'jump', 'goto')} {pools.one(*users)}"
    return pools.one("accept", "accept", "accept", "drop", "return", "continue", "", "", 'log prefix "x"', "counter")


def _marking(pools: Pools, *, early: bool) -> str:
    mark = pools.random.choice(MARKS)
    of_packet = (
        f"meta mark set {mark:#x}", f"meta mark set meta mark or {mark:#x}", f"meta mark set meta mark and {mark:#x}",
        f"meta mark set meta mark xor {mark:#x}", "meta mark set tcp dport map { 80 : 0x1, 443 : 0x10 }",
    )  # fmt: skip
    of_connection = (
        f"ct mark set {mark:#x}", "ct mark set meta mark", "meta mark set ct mark", "ct mark set meta mark and 0xf",
        f"ct mark set ct mark or {mark:#x}",
    )  # fmt: skip
    return pools.one(*of_packet, *(of_connection if pools.marks_connections and not early else ()))


def _matches(pools: Pools, own: str) -> list[str]:
    every = (
        list(_addressed(pools, own)) + list(_placed(pools)) + list(_stateful(pools, own)) + list(_payload(pools, own))
    )
    return pools.random.sample(every, k=pools.random.choice((0, 1, 1, 2, 2, 3)))


def _not(pools: Pools) -> str:
    return "!= " if pools.chance(0.25) else ""


def _addressed(pools: Pools, own: str) -> Iterator[str]:
    first, last = sorted((pools.servers[0], pools.servers[2]))
    yield f"{own} saddr {_not(pools)}{pools.network()}"
    yield f"{own} daddr {_not(pools)}{pools.network()}"
    yield f"{own} daddr {_not(pools)}{first}-{last}"
    yield f"{own} saddr {_not(pools)}@hosts"
    yield f"{own} daddr {_not(pools)}@nets"
    yield f"{own} daddr . tcp dport {_not(pools)}@pairs"
    both = f"{pools.clients[0]} . {pools.servers[0]}, {pools.clients[1]} . {pools.own[0]}"
    yield f"{own} saddr . {own} daddr {{ {both} }}"
    yield f"fib daddr type {_not(pools)}{pools.one('local', 'unicast', '{ local, broadcast }')}"
    yield f"fib saddr type {_not(pools)}{pools.one('local', 'unicast')}"
    if own == "ip":
        yield "ip saddr & 0.0.0.1 == 0.0.0.1"


def _placed(pools: Pools) -> Iterator[str]:
    yield f'iifname {_not(pools)}"{pools.one("lan0", "srv0", "l*", "dum0")}"'
    yield f'oifname {_not(pools)}"{pools.one("lan0", "srv0", "s*")}"'
    yield f'iifname {_not(pools)}{{ "lan0", "dum0" }}'
    yield f'oif {_not(pools)}"srv0"'
    yield 'iifname . oifname { "lan0" . "srv0", "srv0" . "lan0" }'
    yield f"meta skuid {_not(pools)}{pools.one('0', '1000')}"
    yield f"meta nfproto {pools.one('ipv4', 'ipv6')}"


def _stateful(pools: Pools, own: str) -> Iterator[str]:
    mark = pools.random.choice(MARKS)
    yield f"meta mark {_not(pools)}{mark:#x}"
    yield f"meta mark & 0xf {pools.one('==', '!=')} {mark & 0xF:#x}"
    yield f"ct mark {_not(pools)}{mark:#x}"
    yield f"ct mark & 0xf {pools.one('==', '!=')} {mark & 0xF:#x}"
    yield f"ct state {pools.one('new', 'established', 'established,related', 'invalid', '{ new, untracked }')}"
    yield f"ct state != {pools.one('new', 'established', 'invalid')}"
    yield f"ct status {pools.one('dnat', 'snat', 'snat,dnat')}"
    yield f"ct status & dnat {pools.one('==', '!=')} dnat"
    yield f"ct direction {pools.one('original', 'reply')}"
    yield f"ct original {own} daddr {pools.address()}"
    yield f"ct reply {own} saddr {_not(pools)}{pools.address()}"
    if pools.chance(0.1):
        yield "limit rate 3/hour burst 3 packets"


def _payload(pools: Pools, own: str) -> Iterator[str]:
    low, high = pools.port_range()
    wide = pools.wide_range()
    yield f"{pools.one('tcp', 'udp')} dport {_not(pools)}{pools.port()}"
    yield f"{pools.one('tcp', 'udp')} dport {_not(pools)}{low}-{high}" if low < high else "tcp dport 1-79"
    yield f"{pools.one('tcp', 'udp')} dport {_not(pools)}{{ {pools.port()}, 9000-9100 }}"
    yield f"tcp sport {wide[0]}-{wide[1]}"
    yield f"udp sport {pools.one('>', '<', '>=', '<=')} {wide[0]}"
    yield f"meta l4proto {_not(pools)}{{ tcp, 132 }} "
    yield f"meta l4proto {{ tcp, udp }} th dport {pools.port()}"
    yield f"tcp flags {pools.one('syn', '& (fin|syn|rst|ack) == syn', '& (syn|ack) != 0', '! syn', '== 0x18')}"
    yield f"meta length {pools.one('> 60', '36', '20-40')}"
    if own == "ip":
        yield f"icmp type {_not(pools)}{pools.one('echo-request', '{ echo-request, timestamp-request }')}"
        yield f"ip dscp {_not(pools)}{pools.one('cs1', 'ef', '0x00')}"
        yield f"ip protocol {_not(pools)}{pools.one('tcp', 'icmp', '{ udp, icmp }')}"
        yield f"ip length {pools.one('28', '> 40')}"
    else:
        yield "icmpv6 type echo-request"
        yield f"ip6 nexthdr {_not(pools)}{pools.one('tcp', 'udp')}"
        yield f"ip6 dscp {_not(pools)}{pools.one('cs1', 'ef')}"
    if pools.counts_hops:
        yield f"{'ip ttl' if own == 'ip' else 'ip6 hoplimit'} {pools.one('61', '60', '> 60', '{ 60, 61 }')}"
