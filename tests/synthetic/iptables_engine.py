"""What engines write through iptables, by version: the order of calls in moby's bridge driver."""

from synthetic.hosts import DAEMON, Host, Net, Rules
from synthetic.iptables_containers import Containers
from synthetic.iptables_swarm import Swarm
from synthetic.writer import LOCAL, Writer

_BASE = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
_VERDICTS = {"nat": "DROP", "routed": "DROP", "nat-unprotected": "ACCEPT"}


def write(host: Host, family: str) -> Rules:
    """Give the ruleset of one family."""
    rules = Rules()
    for table, names in _BASE.items():
        rules.chain(table, *names, policy="ACCEPT")
    if host.manages(family):
        for writer in (_Daemon, Swarm, Containers):
            writer(host, family, rules).run()
    return rules


class _Daemon(Writer):
    """Writes the rules of the daemon and of its networks."""

    def run(self) -> None:
        self.start()
        for net in self.bridges:
            self.network(net)

    # ---- the daemon ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        r = self.rules
        r.chain("nat", "DOCKER")
        r.chain("filter", "DOCKER", "DOCKER-USER")
        if self.at < (29,):
            r.chain("filter", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2")
        if self.at < (28,):
            self.start_before_28()
        elif self.ipset:
            self.start_28_0_0()
        else:
            self.start_since_28_0_1()
        if self.v4 and self.host.wsl2 and self.host.proxy and self.at >= (27, 3):
            r.insert("nat", "DOCKER -d 127.0.0.0/8 -i loopback0 -j RETURN", DAEMON)
        if self.v4 or self.at >= (23,):
            r.insert("filter", "FORWARD -j DOCKER-USER", DAEMON)
            if self.at < (28, 2, 2):
                r.append("filter", "DOCKER-USER -j RETURN", DAEMON)

    def start_before_28(self) -> None:
        self.rules.append("filter", "DOCKER-ISOLATION-STAGE-1 -j RETURN", DAEMON)
        self.rules.append("filter", "DOCKER-ISOLATION-STAGE-2 -j RETURN", DAEMON)
        own = [net for net in self.bridges if self.subnet(net)]
        if own:
            self.rules.insert("filter", "FORWARD -j DOCKER-ISOLATION-STAGE-1", DAEMON)
        if any(not net.internal for net in own):
            self.nat_jumps()

    def start_28_0_0(self) -> None:
        self.nat_jumps()
        match = f"-m set --match-set docker-ext-bridges-{'v4' if self.v4 else 'v6'} dst"
        replies = f"{match} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        for end in (replies, "-j DOCKER-ISOLATION-STAGE-1", f"{match} -j DOCKER"):
            self.rules.append("filter", f"FORWARD {end}", DAEMON)

    def start_since_28_0_1(self) -> None:
        self.nat_jumps()
        middle = "DOCKER-ISOLATION-STAGE-1" if self.at < (29,) else "DOCKER-INTERNAL"
        self.rules.chain("filter", "DOCKER-BRIDGE", "DOCKER-CT", "DOCKER-FORWARD", middle)
        self.rules.append("filter", "FORWARD -j DOCKER-FORWARD", DAEMON)
        for name in ("DOCKER-CT", middle, "DOCKER-BRIDGE"):
            self.rules.append("filter", f"DOCKER-FORWARD -j {name}", DAEMON)

    def nat_jumps(self) -> None:
        loopback = "! -d 127.0.0.0/8" if self.v4 else "! -d ::1/128"
        self.rules.append("nat", f"PREROUTING {LOCAL} -j DOCKER", DAEMON)
        self.rules.append("nat", f"OUTPUT {loopback + ' ' if self.host.proxy else ''}{LOCAL} -j DOCKER", DAEMON)

    # ---- networks -----------------------------------------------------------------------------------------------

    def network(self, net: Net) -> None:
        if not self.subnet(net):
            if self.at < (28, 0, 1) and not net.internal:  # isolation was for both families, always
                self.isolate(net)
            return
        if net.internal:
            self.internal(net)
        else:
            self.nat(net)
            self.external(net)
        self.within_and_out(net)

    def within_and_out(self, net: Net) -> None:
        """Write who may talk to whom; before 28, accepting is written with the rest."""
        r, b, cause = self.rules, net.bridge, ("network", net.name)
        chain = "FORWARD" if self.at < (28, 0, 1) else "DOCKER-FORWARD"
        if not net.icc:
            r.append("filter", f"{chain} -i {b} -o {b} -j DROP", cause)
        elif net.internal and self.at >= (28,):
            r.append("filter", f"{chain} -i {b} -o {b} -j ACCEPT", cause)
        if not net.internal and self.at >= (28,):
            r.append("filter", f"{chain} -i {b}{'' if net.icc else f' ! -o {b}'} -j ACCEPT", cause)

    def internal(self, net: Net) -> None:
        r, b, cause, subnet = self.rules, net.bridge, ("network", net.name), self.subnet(net)
        chain = "DOCKER-ISOLATION-STAGE-1" if self.at < (29,) else "DOCKER-INTERNAL"
        if self.v4 or self.at < (24,):
            r.insert("filter", f"{chain} ! -d {subnet} -i {b} -j DROP", cause)
            r.insert("filter", f"{chain} ! -s {subnet} -o {b} -j DROP", cause)
        else:
            r.insert("filter", f"{chain} ! -d {subnet} -i {b} ! -o {b} -j DROP", cause)
            r.insert("filter", f"{chain} ! -s {subnet} ! -i {b} -o {b} -j DROP", cause)
        if self.at < (28,) and net.icc:
            self.into_forward(f"FORWARD -i {b} -o {b} -j ACCEPT", net)

    def into_forward(self, rule: str, net: Net) -> None:
        """Insert below the jumps to DOCKER-USER, DOCKER-INGRESS and the isolation."""
        forward = self.rules.chains["filter", "FORWARD"]
        top = sum(text.startswith("-A FORWARD -j DOCKER") for text in forward)
        jumps, forward[:top] = forward[:top], []
        self.rules.insert("filter", rule, ("network", net.name))
        forward[:0] = jumps

    def nat(self, net: Net) -> None:
        r, b, cause = self.rules, net.bridge, ("network", net.name)
        subnet, snat, mode = net.of(self.family)
        source = f"SNAT --to-source {snat}" if snat else "MASQUERADE"
        if net.masquerade and mode != "routed":
            r.insert("nat", f"POSTROUTING -s {subnet} ! -o {b} -j {source}", cause)
        if not self.host.proxy:
            r.insert("nat", f"POSTROUTING -o {b} -m addrtype --src-type LOCAL -j {source}", cause)
        if self.bridge_return(net, mode):
            r.insert("nat", f"DOCKER -i {b} -j RETURN", cause)

    def external(self, net: Net) -> None:
        if self.host.fwmark and self.at >= (29,):
            rule = f"DOCKER-FORWARD -m mark --mark {self.host.fwmark} -j ACCEPT"
            self.rules.insert("filter", rule, DAEMON)
        if self.at < (29,):
            self.isolate(net)
        if self.at < (28,):
            self.forward(net)
        else:
            self.default_drop(net)

    def forward(self, net: Net) -> None:
        b = net.bridge
        if net.icc:
            self.into_forward(f"FORWARD -i {b} -o {b} -j ACCEPT", net)
        for rule in (
            f"FORWARD -i {b} ! -o {b} -j ACCEPT",
            f"FORWARD -o {b} -j DOCKER",
            f"FORWARD -o {b} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        ):
            self.into_forward(rule, net)

    def default_drop(self, net: Net) -> None:
        r, b, cause = self.rules, net.bridge, ("network", net.name)
        replies = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        mode = net.of(self.family)[2]
        if mode == "routed":
            r.append("filter", f"DOCKER -o {b} -p {'icmp' if self.v4 else 'ipv6-icmp'} -j ACCEPT", cause)
            if self.at < (29,):
                r.insert("filter", f"DOCKER-ISOLATION-STAGE-1 -o {b} -j RETURN", cause)
                r.insert("filter", f"DOCKER-ISOLATION-STAGE-1 -i {b} {replies}", cause)
        r.append("filter", f"DOCKER ! -i {b} -o {b} -j {_VERDICTS[mode]}", cause)
        if not self.ipset:
            r.append("filter", f"DOCKER-CT -o {b} {replies}", cause)
            r.append("filter", f"DOCKER-BRIDGE -o {b} -j DOCKER", cause)

    def bridge_return(self, net: Net, mode: str) -> bool:
        usual = net.masquerade and self.host.proxy
        if self.at < (28,):
            return usual and mode != "routed"
        if self.at < (28, 0, 2):
            return usual or mode == "routed"
        return usual and self.at < (29,)

    def isolate(self, net: Net) -> None:
        b, cause = net.bridge, ("network", net.name)
        one = f"DOCKER-ISOLATION-STAGE-1 -i {b} ! -o {b} -j DOCKER-ISOLATION-STAGE-2"
        (self.rules.insert if self.at < (28,) else self.rules.append)("filter", one, cause)
        self.rules.insert("filter", f"DOCKER-ISOLATION-STAGE-2 -o {b} -j DROP", cause)
