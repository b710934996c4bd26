"""Stand-ins: on the bridge of each network a machine that Docker does not know, as another member would be."""

import shlex
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network

from lab.host import LabHost
from lab.inspected import Inspected, Said, bridge_of

_MAKE = """
ip netns add {name}
ip link add {port} type veth peer name eth0 netns {name}
ip link set {port} master {bridge} up
ip -n {name} link set lo up
ip -n {name} link set eth0 up
"""


class StandIns:
    """The stand-ins of a host, by the name of their network; each is the name of a network namespace there."""

    def __init__(self, host: LabHost) -> None:
        self._host = host
        self.of: dict[str, str] = {}

    def make(self, networks: Iterable[str], inspected: Inspected) -> None:
        """Put one on the bridge of each network."""
        chosen = [one for one in inspected.networks if one["Name"] in networks]
        for number, network in enumerate(chosen):
            name = f"stand-in-{number}"
            lines = [_MAKE.format(name=name, port=f"si{number}", bridge=bridge_of(network))]
            self._host.run(["sh", "-ec", "\n".join([*lines, *_addressing(name, network, inspected)])])
            self.of[network["Name"]] = name

    def remove(self) -> None:
        """Take all away."""
        for number, name in enumerate(self.of.values()):
            self._host.run(["sh", "-c", f"ip link del si{number}; ip netns del {name}"])
        self.of.clear()

    def become(self, name: str, add: list[str], address: str) -> None:
        """Give one an address more, and tell the others on the bridge, who may know it of a container that ended."""
        tell = f"busybox arping -q -U -c 1 -I eth0 {address} || true" if ":" not in address else ""
        self._host.run(["ip", "netns", "exec", name, "sh", "-ec", f"{shlex.join(add)}\n{tell}"])


def _addressing(name: str, network: Said, inspected: Inspected) -> Iterator[str]:
    """Give a stand-in the last address of each subnet, and a gateway where other members have one."""
    members = inspected.ends(network).values()
    gateways = {end[key] for end in members for key in ("Gateway", "IPv6Gateway") if end.get(key)}
    if not members and not network["Internal"]:  # tasks of a swarm: their own inspection does not tell
        gateways = {one["Gateway"].partition("/")[0] for one in network["IPAM"]["Config"]}
    for subnet in [ip_network(one["Subnet"]) for one in network["IPAM"]["Config"] or ()]:
        last, nodad = (-2, "") if subnet.version == 4 else (-1, " nodad")
        yield f"ip -n {name} addr add {subnet[last]}/{subnet.prefixlen} dev eth0{nodad}"
        for gateway in sorted(gateways):
            if ip_address(gateway) in subnet:
                yield f"ip -n {name} route add default via {gateway}"
