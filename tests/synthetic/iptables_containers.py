"""What engines write through iptables for containers: their endpoints, links and ports."""

from synthetic.hosts import Ctr, Net, Port
from synthetic.writer import Writer


class Containers(Writer):
    """Writes the rules of containers."""

    def run(self) -> None:
        """Write those of every container, and of endpoints that no container shows."""
        for ctr in self.host.ctrs:
            self.endpoints(ctr)
            self.links(ctr)
            self.ports(ctr)
        for net in self.bridges:
            for name, address in net.members if self.v4 else ():
                self.direct_drop(net, address, name)

    def endpoints(self, ctr: Ctr) -> None:
        for end in ctr.ends:
            net, address = self.by_name[end.net], end.ip if self.v4 else end.ip6
            if net.driver == "bridge" and address:
                self.direct_drop(net, address, ctr.name)

    def direct_drop(self, net: Net, address: str, owner: str) -> None:
        mode = net.of(self.family)[2]
        if self.at < (28, 2) or net.internal or mode != "nat" or self.host.direct_routing:
            return
        cause = ("endpoint", owner, net.name)
        for name in net.trusted:
            self.rules.append("raw", f"PREROUTING -d {address}/{self.bits} -i {name} -j ACCEPT", cause)
        self.rules.append("raw", f"PREROUTING -d {address}/{self.bits} ! -i {net.bridge} -j DROP", cause)

    def links(self, ctr: Ctr) -> None:
        by_name = {one.name: one for one in self.host.ctrs}
        for child in (by_name[name] for name in ctr.links if self.v4):
            net = self.by_name[ctr.ends[0].net]
            p, c, on = (
                f"{ctr.ends[0].ip}/32",
                f"{child.ends[0].ip}/32",
                f"-i {net.bridge} -o {net.bridge} -p tcp -m tcp",
            )
            both = (("endpoint", ctr.name, net.name), ("endpoint", child.name, net.name))
            for port in child.exposed:
                self.rules.append("filter", f"DOCKER -s {p} -d {c} {on} --dport {port} -j ACCEPT", *both)
                self.rules.append("filter", f"DOCKER -s {c} -d {p} {on} --sport {port} -j ACCEPT", *both)

    def ports(self, ctr: Ctr) -> None:
        for end in ctr.ends:
            net, address = self.by_name[end.net], end.ip if self.v4 else end.ip6
            if net.driver != "bridge" or not address or net.internal:
                continue
            mode = net.of(self.family)[2]
            carries = ctr.gateway(self.family) == net.name
            for port in ctr.ports:
                if not ctr.opens(port, mode):
                    continue
                crossed = ":" in port.host_ip and self.v4 and not any(one.ip6 for one in ctr.ends)
                if (":" in port.host_ip) == (not self.v4) and (carries or (self.at >= (29,) and mode == "routed")):
                    self.port(ctr, net, address, port)
                elif crossed and carries and (28,) <= self.at < (28, 2) and mode == "nat":
                    self.direct_port_drop(ctr, net, address, port)

    def port(self, ctr: Ctr, net: Net, address: str, port: Port) -> None:
        r, b, mode = self.rules, net.bridge, net.of(self.family)[2]
        cause, match = ("port", ctr.name, str(port)), f"-p {port.protocol} -m {port.protocol}"
        if mode != "routed":
            self.loopback(port, match, cause)
            if (28,) <= self.at < (28, 2) and mode == "nat":
                self.direct_port_drop(ctr, net, address, port)
            r.append("nat", self.dnat(b, address, port, match), cause)
            if self.at < (28,) or not self.host.proxy:
                own = f"-s {address}/{self.bits} -d {address}/{self.bits}"
                r.append("nat", f"POSTROUTING {own} {match} --dport {port.container} -j MASQUERADE", cause)
            if port.protocol == "sctp" and (self.at < (28,) or (self.at < (29,) and self.host.sctp_checksum)):
                r.append(
                    "mangle", f"POSTROUTING -p sctp -m sctp --sport {port.container} -j CHECKSUM --checksum-fill", cause
                )
        if mode != "nat-unprotected":
            accept = f"DOCKER -d {address}/{self.bits} ! -i {b} -o {b} {match} --dport {port.container} -j ACCEPT"
            (r.append if self.at < (28,) else r.insert)("filter", accept, cause)

    def dnat(self, bridge: str, address: str, port: Port, match: str) -> str:
        words = ["DOCKER"]
        if not self.v4 and self.at >= (28,):
            words.append("! -s fe80::/10")
        if port.host_ip not in ("0.0.0.0", "::"):
            words.append(f"-d {port.host_ip}/{self.bits}")
        if self.host.proxy:
            words.append(f"! -i {bridge}")
        target = address if self.v4 else f"[{address}]"
        return " ".join([*words, match, f"--dport {port.host} -j DNAT --to-destination {target}:{port.container}"])

    def loopback(self, port: Port, match: str, cause: tuple[str, ...]) -> None:
        if self.at < (28,) or not port.host_ip.startswith("127."):
            return
        to, end = f"PREROUTING -d {port.host_ip}/32", f"{match} --dport {port.host}"
        if self.host.wsl2:
            self.rules.append("raw", f"{to} -i loopback0 {end} -j ACCEPT", cause)
        self.rules.append("raw", f"{to} ! -i lo {end} -j DROP", cause)

    def direct_port_drop(self, ctr: Ctr, net: Net, address: str, port: Port) -> None:
        match = f"-p {port.protocol} -m {port.protocol} --dport {port.container}"
        rule = f"PREROUTING -d {address}/{self.bits} ! -i {net.bridge} {match} -j DROP"
        self.rules.append("raw", rule, ("port", ctr.name, str(port)))
