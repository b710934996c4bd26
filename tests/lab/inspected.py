"""What `docker inspect` says of an engine's running containers and its networks."""

import json
from typing import Any, Self

from lab.engine import Engine

UNPUBLISHED = 4444  # a port of every container that nothing names
Said = dict[str, Any]


class Inspected:
    """Running containers by id, and networks."""

    def __init__(self, containers: list[Said], networks: list[Said]) -> None:
        self.containers = {one["Id"]: one for one in containers}
        self.networks = networks

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """Ask an engine."""
        running, names = sorted(running_on(engine)), engine.docker("network", "ls", "-q").split()
        containers = json.loads(engine.docker("inspect", *running)) if running else []
        return cls(containers, json.loads(engine.docker("network", "inspect", *names)) if names else [])

    def name(self, whose: str) -> str:
        """Name a container."""
        return str(self.containers[whose]["Name"].lstrip("/"))

    def pid(self, whose: str) -> int:
        """Give the first process of a container, as the host counts."""
        return int(self.containers[whose]["State"]["Pid"])

    def is_alone(self, whose: str) -> bool:
        """Tell whether a container has a network namespace of its own."""
        mode = self.containers[whose]["HostConfig"]["NetworkMode"]
        return mode != "host" and not mode.startswith("container:")

    def ports(self, whose: str) -> list[int]:
        """List the ports on which a container answers: those that it names, and one more."""
        one = self.containers[whose]
        named = {**(one["Config"].get("ExposedPorts") or {}), **(one["NetworkSettings"]["Ports"] or {})}
        return sorted({*(int(key.partition("/")[0]) for key in named), UNPUBLISHED})

    def bindings(self, whose: str) -> list[tuple[str, str, int]]:
        """List what a container publishes: the protocol, and the host's address and port."""
        ports = self.containers[whose]["NetworkSettings"]["Ports"] or {}
        return [
            (key.partition("/")[2], binding["HostIp"], int(binding["HostPort"]))
            for key, bindings in ports.items()
            for binding in bindings or ()
            if binding["HostPort"]  # a routed network uses no port
        ]

    def addresses(self, whose: str) -> list[str]:
        """List a container's addresses, also on networks that tell of it when it does not."""
        own = self.containers[whose]["NetworkSettings"]["Networks"].values()
        found = [end[key] for end in own for key in ("IPAddress", "GlobalIPv6Address")]
        there = [(network.get("Containers") or {}).get(whose, {}) for network in self.networks]
        found += [end.get(key, "").partition("/")[0] for end in there for key in ("IPv4Address", "IPv6Address")]
        return [address for address in dict.fromkeys(found) if address]

    def owner(self, address: str) -> str:
        """Find the container that has an address; "" for none."""
        return next((whose for whose in self.containers if address in self.addresses(whose)), "")

    def ends(self, network: Said) -> dict[str, Said]:
        """Give the endpoints on a network that containers tell of, by container."""
        return {
            whose: end
            for whose, one in self.containers.items()
            for end in one["NetworkSettings"]["Networks"].values()
            if end["NetworkID"] == network["Id"]
        }

    def on_one_network(self) -> list[str]:
        """List the containers on one bridge alone: of others, their own routes say by which network they send.

        One on a macvlan network is a neighbour on its link, as the exposure table has it.
        """
        links = {one["Id"] for one in self.networks if one.get("Driver", one.get("driver")) in ("macvlan", "ipvlan")}
        ends = {whose: [*one["NetworkSettings"]["Networks"].values()] for whose, one in self.containers.items()}
        return [whose for whose, own in ends.items() if len(own) == 1 and own[0]["NetworkID"] not in links]


def running_on(engine: Engine) -> set[str]:
    """List the ids of the containers that run."""
    return set(engine.docker("ps", "-q", "--no-trunc").split())


def bridge_of(network: Said) -> str:
    """Name a network's bridge."""
    named = (network["Options"] or {}).get("com.docker.network.bridge.name")
    return str(named or f"br-{network['Id'][:12]}")
