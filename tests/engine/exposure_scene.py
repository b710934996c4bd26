"""A host full of ways in, and everybody around it who tries them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from lab.engine import Engine
from lab.host import LabHost
from lab.image import IDLE
from lab.surroundings import Surroundings

PORTS = (80, 81)  # of every container, on TCP and UDP
HOST_ADDRESS = {"ip": "192.0.2.10", "ip6": "2001:db8::10"}
_KNOCK = "tests/lab/knock.py"
_SECONDS = 1.5
NETWORKS = (
    "back",
    "closed --internal",
    "shy -o com.docker.network.bridge.enable_icc=false",
    "six --ipv6 --subnet 2001:db8:1::/64",
)
CONTAINERS = {
    "web": "-p 8080:80 -p 8080:80/udp",
    "db": "-p 127.0.0.1:5432:80",
    "quiet": "",
    "peer": "",
    "shop": "--network back -p 192.0.2.10:8081:81",
    "clerk": "--network back",
    "vault": "--network closed",
    "guard": "--network closed",
    "mole": "--network shy -p 8082:80",
    "bat": "--network shy",
    "ant": "--network six -p 8083:80",
    "bee": "--network six",
}
# Who tries from each network: a member that is nobody's destination in the same breath.
MEMBERS = {"bridge": "peer", "back": "clerk", "closed": "guard", "shy": "bat", "six": "bee"}


@dataclass(frozen=True)
class Try:
    """One connection that somebody attempts, and who ought to answer."""

    zone: tuple[str, str]
    kind: str
    whose: str
    family: str
    protocol: str
    address: str
    port: int


@dataclass
class Scene:
    """An engine with its containers, its surroundings, and the programs that answer in each."""

    engine: Engine
    around: Surroundings
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)
    inspected: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def host(self) -> LabHost:
        """Return the engine's host."""
        return self.engine.host

    def build(self) -> Self:
        """Make the networks and containers, and let a server answer in each."""
        for network in NETWORKS:
            name, *options = network.split()
            self.engine.docker("network", "create", *options, name)
        for name, options in CONTAINERS.items():
            self.engine.docker("run", "-d", "--name", name, *options.split(), *IDLE)
        for one in json.loads(self.engine.docker("inspect", *CONTAINERS)):
            name = one["Name"].lstrip("/")
            self.inspected[name], self.pids[name] = one, one["State"]["Pid"]
        for name in CONTAINERS:
            self._serve(name, [f"@{port}" for port in PORTS], self._inside(name))
        self._serve("host", ["@9000", "127.0.0.1@9001"], [])
        return self

    def _inside(self, name: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.pids[name]}/ns/net"]

    def _serve(self, name: str, places: Sequence[str], prefix: list[str]) -> None:
        command = [*prefix, sys.executable, _KNOCK, "serve", name, *places]
        server = self.host.popen(command, stdout=subprocess.PIPE)
        self.servers.append(server)
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", f"no server in {name}"

    def close(self) -> None:
        """End the servers."""
        for server in self.servers:
            os.killpg(server.pid, signal.SIGKILL)  # nsenter and the server that it started
            server.communicate()

    def table(self) -> list[dict[str, Any]]:
        """Compute the exposure table as a user would."""
        done = self.host.python("-m", "netaudit", "exposure", "--format", "json")
        return list(json.loads(done.stdout)["exposure"])

    def answers(self, tries: Sequence[Try]) -> dict[Try, str]:
        """Let everybody try at once; gives the name that answered each, or `-`."""
        by_zone: dict[tuple[str, str], list[Try]] = {}
        for one in tries:
            by_zone.setdefault(one.zone, []).append(one)
        with ExitStack() as stack:
            running = {zone: stack.enter_context(self._knock(zone)) for zone in by_zone}
            for zone, process in running.items():
                assert process.stdin is not None
                lines = [f"{one.protocol} {one.address} {one.port}\n" for one in by_zone[zone]]
                process.stdin.write("".join(lines).encode())
                process.stdin.close()
            return {
                one: answer
                for zone, process in running.items()
                for one, answer in zip(by_zone[zone], _lines(process), strict=True)
            }

    def _knock(self, zone: tuple[str, str]) -> subprocess.Popen[bytes]:
        kind, name = zone
        outside = {"internet": self.around.internet, "lan": self.around.lan}
        prefix = self._inside(MEMBERS[name]) if kind == "network" else []
        command = [*prefix, sys.executable, _KNOCK, "knock", str(_SECONDS)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return outside.get(kind, self.host).popen(command, **pipes)

    def tries(self) -> Iterator[Try]:
        """List everything that anybody can try: published ports, containers' own ports, listeners of the host."""
        zones = [("internet", ""), ("lan", "eth0"), ("host", ""), *(("network", name) for name in MEMBERS)]
        for zone in zones:
            yield from self._published(zone)
            yield from self._own(zone)
            for family, address in HOST_ADDRESS.items():
                yield from (
                    Try(zone, "host-listener", "host", family, protocol, address, 9000) for protocol in ("tcp", "udp")
                )
            yield Try(zone, "host-listener", "host", "ip", "tcp", "127.0.0.1", 9001)

    def _published(self, zone: tuple[str, str]) -> Iterator[Try]:
        for name, one in self.inspected.items():
            for key, bindings in (one["NetworkSettings"]["Ports"] or {}).items():
                for binding in bindings or ():
                    address = binding["HostIp"]
                    family = "ip6" if ":" in address else "ip"
                    at = HOST_ADDRESS[family] if address in ("0.0.0.0", "::") else address
                    port, protocol = int(binding["HostPort"]), key.partition("/")[2]
                    yield Try(zone, "published-port", name, family, protocol, at, port)

    def _own(self, zone: tuple[str, str]) -> Iterator[Try]:
        for name, one in self.inspected.items():
            if zone[0] == "network" and MEMBERS[zone[1]] == name:
                continue
            for network in one["NetworkSettings"]["Networks"].values():
                for family, key in (("ip", "IPAddress"), ("ip6", "GlobalIPv6Address")):
                    for protocol in ("tcp", "udp") if network[key] else ():
                        yield from (
                            Try(zone, "container-ports", name, family, protocol, network[key], port) for port in PORTS
                        )


def _lines(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().decode().splitlines()


def predicted(table: list[dict[str, Any]], one: Try) -> str:
    """Find the outcome that the table gives a try; fails where it has none, or more than one."""
    families = {
        cell["destination"]["family"] for cell in table if (cell["zone"]["kind"], cell["zone"]["name"]) == one.zone
    }
    if one.family not in families:  # the zone has no addresses of this family: it cannot even try
        return "blocked"
    found = {
        cell["outcome"]
        for cell in table
        if (cell["zone"]["kind"], cell["zone"]["name"]) == one.zone and _is_cell(cell["destination"], one)
    }
    assert len(found) == 1, f"{one}: {found or 'no cell'}"
    return str(found.pop())


def _is_cell(to: dict[str, Any], one: Try) -> bool:
    if (to["kind"], to["family"], to["protocol"]) != (one.kind, one.family, one.protocol):
        return False
    if not any(low <= one.port <= high for low, high in to["ports"]):
        return False
    if one.kind == "host-listener":
        return to["address"] in (one.address, "0.0.0.0", "::") and bool(to.get("programs"))
    if one.kind == "container-ports" and to["address"] != one.address:
        return False
    return bool(to["container"]["name"] == one.whose)
