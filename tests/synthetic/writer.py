"""One family of one engine: what the writers of its rules share."""

from synthetic.hosts import Host, Net, Rules

LOCAL = "-m addrtype --dst-type LOCAL"


class Writer:
    """The rules of one family, as they are written."""

    def __init__(self, host: Host, family: str, rules: Rules) -> None:
        self.host, self.family, self.rules = host, family, rules
        self.at = host.at
        self.v4 = family == "ip"
        self.bits = 32 if self.v4 else 128
        self.bridges = [net for net in host.nets if net.driver == "bridge"]
        self.by_name = {net.name: net for net in host.nets}
        # 28.0.0 alone kept one ipset of all networks in place of rules for each.
        self.ipset = (28, 0, 0) <= self.at < (28, 0, 1)

    def subnet(self, net: Net) -> str:
        """Give a network's subnet of this family, "" where it has none."""
        return net.of(self.family)[0]
