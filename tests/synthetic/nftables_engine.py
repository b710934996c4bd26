"""What engine 29's nftables backend writes: the ruleset as `nft -f` reads it, with the cause of every rule."""

import json
from collections.abc import Mapping

from synthetic.hosts import DAEMON, Ctr, Host, Net, Port, Rules

_BASE = {
    "filter-FORWARD": "filter hook forward priority 0",
    "nat-OUTPUT": "nat hook output priority -100",
    "nat-POSTROUTING": "nat hook postrouting priority 100",
    "nat-PREROUTING": "nat hook prerouting priority -100",
    "raw-PREROUTING": "filter hook prerouting priority -300",
}
_MAPS = ("filter-forward-in", "filter-forward-out", "nat-postrouting-in", "nat-postrouting-out")
_T = "docker-bridges"


def write(host: Host, family: str) -> Rules:
    """Give the rules of one family's table."""
    rules = Rules()
    if host.manages(family):
        _Engine(host, family, rules).run()
    return rules


def listing(host: Host, written: Mapping[str, Rules]) -> bytes:
    """Print what `nft -j list ruleset` says, with each rule in nft's own words, as it says what JSON cannot."""
    said: list[dict[str, object]] = []
    for family, rules in written.items():
        said += [{"table": {"family": family, "name": _T}}] if rules.chains else []
        own: dict[str, object] = {"family": family, "table": _T}
        for _, name in rules.chains:
            said.append({"chain": {**own, "name": name, **_base(name)}})
        for name in _MAPS if rules.chains else ():
            elements = [[key, {"jump": {"target": target}}] for key, target in _jumps(host, rules, name)]
            said.append({"map": {**own, "name": f"{name}-jumps", "type": "ifname", "map": "verdict", "elem": elements}})
        for (_, name), texts in rules.chains.items():
            said += [{"rule": {**own, "chain": name, "expr": [text]}} for text in texts]
    return json.dumps({"nftables": said}).encode()


def _base(name: str) -> dict[str, object]:
    if name not in _BASE:
        return {}
    kind, _, hook, _, priority = _BASE[name].split(" ")
    return {"type": kind, "hook": hook, "prio": int(priority), "policy": "accept"}


def _jumps(host: Host, rules: Rules, name: str) -> list[tuple[str, str]]:
    chains = ((net.bridge, f"{name}__{net.bridge}") for net in host.nets)
    return [(bridge, chain) for bridge, chain in chains if (_T, chain) in rules.chains]


def script(host: Host, written: Mapping[str, Rules]) -> str:
    """Print what `nft -f` loads: the tables of both families."""
    parts = []
    for family, rules in written.items():
        if not rules.chains:
            continue
        maps = [f"add map {family} {_T} {name}-jumps {{ type ifname : verdict; }}" for name in _MAPS]
        chains = [
            f"add chain {family} {_T} {name}" + (f" {{ type {_BASE[name]}; }}" if name in _BASE else "")
            for _, name in rules.chains
        ]
        elements = [
            f'add element {family} {_T} {name}-jumps {{ "{bridge}" : jump {chain} }}'
            for name in _MAPS
            for bridge, chain in _jumps(host, rules, name)
        ]
        lines = [f"add rule {family} {_T} {name} {rule}" for (_, name), texts in rules.chains.items() for rule in texts]
        parts += [f"add table {family} {_T}", *maps, *chains, *elements, *lines]
    return "\n".join(parts) + "\n"


class _Engine:
    def __init__(self, host: Host, family: str, rules: Rules) -> None:
        self.host, self.family, self.rules = host, family, rules
        self.v4 = family == "ip"
        self.by_name = {net.name: net for net in host.nets}

    def run(self) -> None:
        self.start()
        for net in self.host.nets:
            if net.driver == "bridge" and net.of(self.family)[0]:
                self.network(net)
        for ctr in self.host.ctrs:
            self.container(ctr)

    def add(self, chain: str, rule: str, *causes: tuple[str, ...]) -> None:
        self.rules.append(_T, rule, *causes, chain=chain)

    def start(self) -> None:
        self.rules.chain(_T, *_BASE, "nat-prerouting-and-output")
        self.add("filter-FORWARD", "oifname vmap @filter-forward-in-jumps", DAEMON)
        self.add("filter-FORWARD", "iifname vmap @filter-forward-out-jumps", DAEMON)
        self.add("nat-POSTROUTING", "iifname vmap @nat-postrouting-out-jumps", DAEMON)
        self.add("nat-POSTROUTING", "oifname vmap @nat-postrouting-in-jumps", DAEMON)
        jump = "fib daddr type local counter jump nat-prerouting-and-output"
        self.add("nat-PREROUTING", jump, DAEMON)
        spared = "ip daddr != 127.0.0.0/8 " if self.v4 else "ip6 daddr != ::1 "
        self.add("nat-OUTPUT", (spared if self.host.proxy else "") + jump, DAEMON)
        if self.v4 and self.host.proxy and self.host.wsl2:
            self.add("nat-prerouting-and-output", 'iifname "loopback0" ip daddr 127.0.0.0/8 counter return', DAEMON)

    def network(self, net: Net) -> None:
        """Write a network's chains; the groups of filter-forward-in are filled in their order by and by."""
        b, cause = net.bridge, ("network", net.name)
        subnet, snat, mode = net.of(self.family)
        into, out, nat_in, nat_out = (f"{name}__{b}" for name in _MAPS)
        self.rules.chain(_T, into, out, nat_in, nat_out)
        self.add(into, "ct state established,related counter accept", cause)
        self.add(out, "ct state established,related counter accept", cause)
        verdict = "accept" if net.icc else "drop"
        if net.internal:
            self.add(into, f'iifname != "{b}" counter drop comment "INTERNAL NETWORK INGRESS"', cause)
            self.add(out, f'oifname != "{b}" counter drop comment "INTERNAL NETWORK EGRESS"', cause)
            self.add(into, f'counter {verdict} comment "ICC"', cause)
            return
        if mode == "routed":
            match = "ip protocol icmp" if self.v4 else "meta l4proto ipv6-icmp"
            self.add(into, f'{match} counter accept comment "ICMP"', cause)
        if self.host.fwmark:
            self.add(into, f'meta mark {self.host.fwmark} counter accept comment "ALLOW FW MARK"', cause)
        self.links(net, into)
        self.add(into, f'iifname "{b}" counter {verdict} comment "ICC"', cause)
        self.add(out, 'counter accept comment "OUTGOING"', cause)
        self.accepts(net, into)
        last = 'accept comment "UNPROTECTED"' if mode == "nat-unprotected" else 'drop comment "UNPUBLISHED PORT DROP"'
        self.add(into, f"counter {last}", cause)
        source, word = (f"snat to {snat}", "SNAT") if snat else ("masquerade", "MASQUERADE")
        if net.masquerade and mode != "routed":
            self.add(nat_out, f'oifname != "{b}" {self.family} saddr {subnet} counter {source} comment "{word}"', cause)
        if not self.host.proxy:
            self.add(nat_in, f'fib saddr type local counter {source} comment "{word} FROM HOST"', cause)

    def links(self, net: Net, chain: str) -> None:
        by_name = {one.name: one for one in self.host.ctrs}
        for ctr in self.host.ctrs if self.v4 else ():
            for child in (by_name[name] for name in ctr.links if ctr.ends[0].net == net.name):
                p, c = ctr.ends[0].ip, child.ends[0].ip
                both = (("endpoint", ctr.name, net.name), ("endpoint", child.name, net.name))
                for port in child.exposed:
                    self.add(chain, f"ip saddr {p} ip daddr {c} tcp dport {port} counter accept", *both)
                    self.add(chain, f"ip daddr {p} ip saddr {c} tcp sport {port} counter accept", *both)

    def carried(self, ctr: Ctr, net: Net) -> list[Port]:
        """List the ports of a family that a container's endpoint on a network has rules for."""
        mode = net.of(self.family)[2]
        carries = ctr.gateway(self.family) == net.name or mode == "routed"
        own = [port for port in ctr.ports if (":" in port.host_ip) == (not self.v4) and ctr.opens(port, mode)]
        return own if carries else []

    def proxied(self, ctr: Ctr, net: Net) -> list[Port]:
        """List the IPv6 ports that docker-proxy serves at the IPv4 address of a container without one of IPv6."""
        if not self.v4 or not self.host.proxy or ctr.gateway("ip") != net.name or any(end.ip6 for end in ctr.ends):
            return []
        return [port for port in ctr.ports if ":" in port.host_ip and ctr.opens(port, "nat")]

    def accepts(self, net: Net, chain: str) -> None:
        if net.of(self.family)[2] == "nat-unprotected":
            return
        for ctr in self.host.ctrs:
            for address in (end.ip if self.v4 else end.ip6 for end in ctr.ends if end.net == net.name):
                for port in [*self.carried(ctr, net), *self.proxied(ctr, net)] if address else ():
                    match = f"{self.family} daddr {address} {port.protocol} dport {port.container}"
                    self.add(chain, f"{match} counter accept", ("port", ctr.name, str(port)))

    def container(self, ctr: Ctr) -> None:
        for end in ctr.ends:
            net, address = self.by_name[end.net], end.ip if self.v4 else end.ip6
            if net.driver != "bridge" or not address or net.internal:
                continue
            mode = net.of(self.family)[2]
            if mode == "nat" and not self.host.direct_routing:
                names = ", ".join(f'"{name}"' for name in (net.bridge, *net.trusted))
                those = f"{{ {names} }}" if net.trusted else names
                rule = f'{self.family} daddr {address} iifname != {those} counter drop comment "DROP DIRECT ACCESS"'
                self.add("raw-PREROUTING", rule, ("endpoint", ctr.name, net.name))
            if mode != "routed":
                for port in self.carried(ctr, net):
                    self.port(ctr, net, address, port)

    def port(self, ctr: Ctr, net: Net, address: str, port: Port) -> None:
        cause, f = ("port", ctr.name, str(port)), self.family
        host = "" if port.host_ip in ("0.0.0.0", "::") else f"{f} daddr {port.host_ip} "
        skip = f'iifname != "{net.bridge}" ' if self.host.proxy else ""
        spared = "" if self.v4 else "ip6 saddr != fe80::/10 "
        target = address if self.v4 else f"[{address}]"
        dnat = f"{port.protocol} dport {port.host} counter dnat to {target}:{port.container}"
        self.add("nat-prerouting-and-output", f'{skip}{spared}{host}{dnat} comment "DNAT"', cause)
        if not self.host.proxy:
            own = f"{f} saddr {address} {f} daddr {address} {port.protocol} dport {port.container}"
            masquerade = f'{own} counter masquerade comment "MASQ TO OWN PORT"'
            self.add(f"nat-postrouting-in__{net.bridge}", masquerade, cause)
        if port.host_ip.startswith("127."):
            match = f"ip daddr {port.host_ip} {port.protocol} dport {port.host}"
            if self.host.wsl2:
                accept = f'iifname "loopback0" {match} counter accept comment "ACCEPT WSL2 LOOPBACK"'
                self.add("raw-PREROUTING", accept, cause)
            self.add("raw-PREROUTING", f'iifname != "lo" {match} counter drop comment "DROP REMOTE LOOPBACK"', cause)
