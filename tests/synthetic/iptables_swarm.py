"""What engines write through iptables for a swarm: its ingress, and encrypted overlay networks."""

from synthetic.hosts import INGRESS
from synthetic.writer import LOCAL, Writer


class Swarm(Writer):
    """Writes the rules of a swarm."""

    def run(self) -> None:
        """Write them; of IPv6 there are none."""
        if self.v4:
            self.ingress()
            self.overlays()

    def ingress(self) -> None:
        r = self.rules
        if not (self.host.swarm and self.host.services and self.v4):
            return
        r.chain("nat", "DOCKER-INGRESS")
        r.chain("filter", "DOCKER-INGRESS")
        for table in ("nat", "filter"):
            r.append(table, "DOCKER-INGRESS -j RETURN", INGRESS)
        r.insert("nat", f"PREROUTING {LOCAL} -j DOCKER-INGRESS", INGRESS)
        r.insert("nat", f"OUTPUT {LOCAL} -j DOCKER-INGRESS", INGRESS)
        r.insert("nat", "POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE", INGRESS)
        if self.at < (28, 0, 1):
            forward = r.chains["filter", "FORWARD"]
            r.append("filter", "FORWARD -j DOCKER-INGRESS", INGRESS)
            forward.insert(1, forward.pop())
        else:
            r.insert("filter", "DOCKER-FORWARD -j DOCKER-INGRESS", INGRESS)
        for protocol, port in self.host.services:
            self.service(protocol, port)

    def service(self, protocol: str, port: int) -> None:
        r, match, cause = self.rules, f"-p {protocol} -m {protocol}", ("other", f"swarm service port {port}/{protocol}")
        r.insert("nat", f"DOCKER-INGRESS {match} --dport {port} -j DNAT --to-destination 172.18.0.2:{port}", cause)
        r.insert("filter", f"DOCKER-INGRESS {match} --dport {port} -j ACCEPT", cause)
        if self.at < (25,):
            state = f"-p {protocol} -m state --state RELATED,ESTABLISHED -m {protocol} --sport {port}"
        else:
            state = f"{match} --sport {port} -m conntrack --ctstate RELATED,ESTABLISHED"
        r.insert("filter", f"DOCKER-INGRESS {state} -j ACCEPT", cause)

    def overlays(self) -> None:
        for net in self.host.nets if self.v4 else ():
            if not net.vxlan_id:
                continue
            vni, cause = net.vxlan_id << 8, ("network", net.name)
            code = f"6,177 0 0 0,64 0 0 12,84 0 0 4294967040,21 1 0 {vni},6 0 0 0,6 0 0 4294967295"
            match = f'-m bpf --bytecode "{code}"'
            if self.host.u32 and self.at < (24,):
                match = f'-m u32 --u32 "0x0>>0x16&0x3c@0xc&0xffffff00={vni:#x}"'
            mark = "-j MARK --set-xmark 0xd0c4e3/0xffffffff"
            self.rules.append("mangle", f"OUTPUT -p udp -m udp --dport 4789 {match} {mark}", cause)
            end = f"-m udp --dport 4789 {match}"
            self.rules.insert("filter", f"INPUT -p udp -m policy --dir in --pol none {end} -j DROP", cause)
            if self.at < (25,):
                self.rules.append("filter", f"INPUT -p udp -m policy --dir in --pol ipsec {end} -j ACCEPT", cause)
