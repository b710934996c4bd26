"""Everybody around an engine's host tries everything: what the exposure table is held against.

    with Crowd(engine, surroundings) as crowd:
        found = crowd.look()      # the table, and what real packets saw of each of its cells
        found.disagreements       # [] when they say the same

Who tries: an Internet and a LAN neighbour (`Surroundings`), the host, each running container, and on each network a
stand-in, which is a machine on its bridge that Docker does not know. What they try: each published port, the
containers' own ports (those they expose, and one they do not), the host's listeners. A server in each container, and
two on the host, answer with their names.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from itertools import chain, product, zip_longest
from typing import Any, NamedTuple, Self

from lab.engine import Engine
from lab.host import LabHost
from lab.surroundings import Surroundings

HOST_ADDRESS = {"ip": "192.0.2.10", "ip6": "2001:db8::10"}
UNPUBLISHED = 4444  # a port of every container that nothing names
_KNOCK = "tests/lab/knock.py"
_SECONDS, _PATIENTLY = 0.8, 3.0
_HOST = ("host", "")
_OUTSIDE = (("internet", ""), ("lan", "eth0"), _HOST)
_OWN_LISTENERS = (9000, "@9000"), (9001, "127.0.0.1@9001")
_STAND_IN = """
ip netns add {name}
ip link add {port} type veth peer name eth0 netns {name}
ip link set {port} master {bridge} up
ip -n {name} link set lo up
ip -n {name} link set eth0 up
"""
_WITNESS = re.compile(r"\w+ (?P<address>\S+):(?P<port>\d+) → (?P<target>\S+):\d+.*")
Zone = tuple[str, str]
Index = dict[tuple[Zone, str, str, str, str, str], list[dict[str, Any]]]


class Cell(NamedTuple):
    """A question that the table answers, and packets too."""

    zone: Zone
    kind: str
    whose: str  # a container's id, or "host"; "" where nobody should answer
    family: str
    protocol: str
    address: str  # as the table has it
    port: int


class Try(NamedTuple):
    """One connection that somebody attempts; `source` is the address and port that it comes from, if that matters."""

    who: str  # a place: "internet", "lan", "host", a container's id, a stand-in's name
    protocol: str
    address: str
    port: int
    source: tuple[str, int] | None = None

    def __str__(self) -> str:
        source = " {} {}".format(*self.source) if self.source else ""
        return f"{self.protocol} {self.address} {self.port}{source}"


@dataclass
class Found:
    """What one look at a host brought: for each cell what the table says, and who answered."""

    predicted: dict[Cell, str] = field(default_factory=dict)
    answered: dict[Cell, set[str]] = field(default_factory=dict)
    unasked: list[str] = field(default_factory=list)  # rows of the table that nobody here can try

    @property
    def disagreements(self) -> list[str]:
        """List the cells whose packets did something else; a `may` is never wrong, and is counted apart."""
        return [
            f"{cell}: {said}, but {' and '.join(sorted(self.answered[cell])) or 'nobody'} answered"
            for cell, said in self.predicted.items()
            if said != "may" and said != self.observed(cell)
        ]

    def observed(self, cell: Cell) -> str:
        """Say what packets saw of a cell."""
        answered = self.answered[cell]
        return "allowed" if cell.whose in answered or (answered and not cell.whose) else "blocked"

    @property
    def late(self) -> list[Cell]:
        """List the cells that are allowed, and through which nobody came yet."""
        return [cell for cell, said in self.predicted.items() if said == "allowed" != self.observed(cell)]

    def count(self, outcome: str) -> int:
        """Count the cells of which the table says so."""
        return sum(said == outcome for said in self.predicted.values())


class Crowd:
    """A context manager: the servers of an engine's containers, and all who try them."""

    def __init__(self, engine: Engine, around: Surroundings) -> None:
        self.engine, self.host, self._around = engine, engine.host, around
        self.containers: dict[str, dict[str, Any]] = {}  # running ones, by id
        self._networks: list[dict[str, Any]] = []
        self._servers: dict[str, tuple[int, subprocess.Popen[bytes]]] = {}  # by whose: the pid inside, the server
        self._stand_ins: dict[str, str] = {}  # by network: the name of its namespace
        self._ever: set[tuple[str, str, int]] = set()  # family, protocol and port of all that was published so far

    def __enter__(self) -> Self:
        self._serve("host", 0, [place for _, place in _OWN_LISTENERS])
        return self

    def __exit__(self, *_: object) -> None:
        for whose in list(self._servers):
            self._end(whose)

    def look(self) -> Found:
        """Compute the table of the host as it is now, and try each cell, again if a container ended meanwhile."""
        self.meet()
        table = self.table()
        if self._running() != set(self.containers):
            return self.look()
        self._stand_in_for(table)
        try:
            found = self._hold(table)
        finally:
            self._leave()
        return found if self._running() == set(self.containers) else self.look()

    def meet(self) -> None:
        """Learn which containers run, and let a server answer in each; those that ended have none."""
        running = self._running()
        found = json.loads(self.engine.docker("inspect", *sorted(running))) if running else []
        self.containers = {one["Id"]: one for one in found}
        names = self.engine.docker("network", "ls", "-q").split()
        self._networks = json.loads(self.engine.docker("network", "inspect", *names)) if names else []
        for whose, (pid, _) in list(self._servers.items()):
            if whose != "host" and (whose not in self.containers or self._pid(whose) != pid):
                self._end(whose)
        for whose, one in self.containers.items():
            if whose not in self._servers and _has_own_network(one):
                self._serve(whose, self._pid(whose), [f"@{port}" for port in self.ports(whose)])

    def _running(self) -> set[str]:
        return set(self.engine.docker("ps", "-q", "--no-trunc").split())

    def table(self) -> list[dict[str, Any]]:
        """Compute the exposure table as a user would."""
        done = self.host.python("-m", "netaudit", "exposure", "--containers", "--format", "json")
        return list(json.loads(done.stdout)["exposure"])

    def ports(self, whose: str) -> list[int]:
        """List the ports on which a container answers: those that it names, and one more."""
        one = self.containers[whose]
        named = {**(one["Config"].get("ExposedPorts") or {}), **(one["NetworkSettings"]["Ports"] or {})}
        return sorted({*(int(key.partition("/")[0]) for key in named), UNPUBLISHED})

    def _pid(self, whose: str) -> int:
        return int(self.containers[whose]["State"]["Pid"])

    def _serve(self, whose: str, pid: int, places: Sequence[str]) -> None:
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net"] if pid else []
        command = [*inside, sys.executable, _KNOCK, "serve", whose, *places]
        server = self.host.popen(command, stdout=subprocess.PIPE)
        self._servers[whose] = pid, server
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", f"no server in {whose}"

    def _end(self, whose: str) -> None:
        _, server = self._servers.pop(whose)
        os.killpg(server.pid, signal.SIGKILL)  # nsenter and the server that it started
        server.communicate()

    # Who tries

    def _stand_in_for(self, table: list[dict[str, Any]]) -> None:
        """Put a machine of our own on the bridge of each network that has a zone."""
        zones = {row["zone"]["name"] for row in table if row["zone"]["kind"] == "network"}
        for number, one in enumerate(one for one in self._networks if one["Name"] in zones):
            name = f"stand-in-{number}"
            lines = _STAND_IN.format(name=name, port=f"si{number}", bridge=_bridge(one))
            lines += "".join(f"{line}\n" for line in self._addressing(name, one))
            self.host.run(["sh", "-ec", lines])
            self._stand_ins[one["Name"]] = name

    def _addressing(self, name: str, network: dict[str, Any]) -> Iterator[str]:
        """Give a stand-in the last address of each subnet, and a gateway where other members have one."""
        members = [end for one in self.containers.values() for end in self._ends(one, network)]
        gateways = {end[key] for end in members for key in ("Gateway", "IPv6Gateway") if end.get(key)}
        if not members and not network["Internal"]:  # tasks of a swarm: their own inspection does not tell
            gateways = {one["Gateway"].partition("/")[0] for one in network["IPAM"]["Config"]}
        for subnet in [ip_network(one["Subnet"]) for one in network["IPAM"]["Config"] or ()]:
            last, nodad = (-2, "") if subnet.version == 4 else (-1, " nodad")
            yield f"ip -n {name} addr add {subnet[last]}/{subnet.prefixlen} dev eth0{nodad}"
            for gateway in sorted(gateways):
                if ip_address(gateway) in subnet:
                    yield f"ip -n {name} route add default via {gateway}"

    @staticmethod
    def _ends(one: dict[str, Any], network: dict[str, Any]) -> list[dict[str, Any]]:
        ends = one["NetworkSettings"]["Networks"].values()
        return [end for end in ends if end["NetworkID"] == network["Id"]]

    def _leave(self) -> None:
        for number, name in enumerate(self._stand_ins.values()):
            self.host.run(["sh", "-c", f"ip link del si{number}; ip netns del {name}"])
        self._stand_ins.clear()

    def _zones(self) -> Iterator[tuple[Zone, list[str]]]:
        """List the zones, with the places that stand for each."""
        for zone in _OUTSIDE:
            yield zone, [zone[0]]
        for one in self._networks:
            if one["Name"] in self._stand_ins:
                members = [whose for whose in self._senders() if self._ends(self.containers[whose], one)]
                yield ("network", one["Name"]), [self._stand_ins[one["Name"]], *members]
        for whose in self._senders():
            yield ("container", _name(self.containers[whose])), [whose]

    def _senders(self) -> list[str]:
        """List the containers on one network alone: of others, their own routes say by which network they send."""
        one_network = [one for one, said in self.containers.items() if len(said["NetworkSettings"]["Networks"]) == 1]
        return [whose for whose in one_network if whose in self._servers]

    # What they try

    def _hold(self, table: list[dict[str, Any]]) -> Found:
        found, tries = Found(), dict(self._cells(table))
        index = _index(table)
        known = {zone for zone, _ in self._zones()}
        strangers = {_zone(row) for row in table} - known
        found.unasked += [f"nobody stands for zone {zone}" for zone in sorted(strangers)]
        for cell in tries:
            found.predicted[cell] = _predicted(index, cell)
        answers = self.answers({one for some in tries.values() for one in some})
        found.answered = {cell: {answers[one] for one in some} - {"-"} for cell, some in tries.items()}
        self._ask_again(found, tries, index)
        return found

    def _ask_again(self, found: Found, tries: dict[Cell, list[Try]], index: Index) -> None:
        """Where an answer was expected and did not come, be patient; then send as the table's example does."""
        self._try(found, {cell: tries[cell] for cell in found.late})
        examples = {cell: list(self._as_example(cell, index)) for cell in found.late}
        for whose in {one.who for some in examples.values() for one in some} & self.containers.keys():
            self._end(whose)  # its server may have the port that the example comes from
        self._try(found, examples)
        self.meet()

    def _try(self, found: Found, tries: dict[Cell, list[Try]]) -> None:
        answers = self.answers({one for some in tries.values() for one in some}, _PATIENTLY)
        for cell, some in tries.items():
            found.answered[cell] |= {answers[one] for one in some} - {"-"}

    def _as_example(self, cell: Cell, index: Index) -> Iterator[Try]:
        """Be the sender that the table names: only some addresses, or source ports, may be let in."""
        witness = next((row["witness"] for row in _rows(index, cell) if row["witness"]), "")
        said = _WITNESS.fullmatch(witness)
        if not said:
            return
        address, port = said["address"].strip("[]"), int(said["port"])
        owner = next((whose for whose, one in self.containers.items() if address in self._addresses(one)), None)
        stand_in = self._stand_ins.get(cell.zone[1], "")
        who = owner or {"network": stand_in, "container": "", "host": "host"}.get(cell.zone[0], cell.zone[0])
        if who and (owner or who == "host" or self._become(who, address)):
            protocol = "connect" if cell.whose == "connected" else cell.protocol
            yield Try(who, protocol, said["target"].strip("[]"), cell.port, (address, port))

    def _become(self, who: str, address: str) -> bool:
        """Give a place one address more, to which its answers find back."""
        bits = 128 if ":" in address else 32
        add = ["ip", "addr", "replace", f"{address}/{bits}", "dev", "eth0", *(["nodad"] if bits == 128 else [])]
        if who in self._stand_ins.values():
            tell = f"busybox arping -q -U -c 1 -I eth0 {address} || true" if bits == 32 else ""  # who was there before?
            self.host.run(["ip", "netns", "exec", who, "sh", "-ec", f"{shlex.join(add)}\n{tell}"])
        elif who == "internet":
            self._around.internet.run(add)
            self._around.lan.run(["ip", "route", "replace", f"{address}/{bits}", "dev", "wan0"])
        else:
            self._around.lan.run(add)
        return True

    def _cells(self, table: list[dict[str, Any]]) -> Iterator[tuple[Cell, list[Try]]]:
        for zone, places in self._zones():
            cells = (self._published(zone), self._left(zone, table), self._own(zone), self._listeners(zone, table))
            for cell in chain.from_iterable(cells):
                yield cell, list(self._tries(cell, places))

    def _published(self, zone: Zone) -> Iterator[Cell]:
        for whose, one in self.containers.items():
            for key, bindings in (one["NetworkSettings"]["Ports"] or {}).items():
                for binding in (one for one in bindings or () if one["HostPort"]):  # a routed network uses no port
                    address = binding["HostIp"]
                    port, protocol = int(binding["HostPort"]), key.partition("/")[2]
                    yield Cell(zone, "published-port", whose, _family(address), protocol, address, port)

    def _left(self, zone: Zone, table: list[dict[str, Any]]) -> Iterator[Cell]:
        """List ports that were published and are not: who has the address now answers, where a rule was left behind."""
        now = {(cell.family, cell.protocol, cell.port) for cell in self._published(zone)}
        led = [row for row in table if row["destination"]["kind"] == "forwarded-port" and _zone(row) == zone]
        for family, protocol, port in sorted(self._ever - now):
            rows = [one for one in led if _asks(one["destination"], family, protocol, port)]
            whose = [(row["destination"].get("container") or {}).get("id", "") for row in rows]
            address = rows[0]["destination"]["address"] if rows else HOST_ADDRESS[family]
            yield Cell(zone, "forwarded-port", (*whose, "")[0], family, protocol, address, port)
        self._ever |= now

    def _own(self, zone: Zone) -> Iterator[Cell]:
        for whose, one in self.containers.items():
            if zone == ("container", _name(one)):  # what it sends to itself does not leave it
                continue
            for address, protocol in product(self._addresses(one), ("tcp", "udp")):
                for port in self.ports(whose):
                    yield Cell(zone, "container-ports", whose, _family(address), protocol, address, port)

    def _addresses(self, container: dict[str, Any]) -> list[str]:
        """List a container's addresses, also on networks that tell of it when it does not."""
        own = container["NetworkSettings"]["Networks"].values()
        found = [end[key] for end in own for key in ("IPAddress", "GlobalIPv6Address")]
        there = [(network.get("Containers") or {}).get(container["Id"], {}) for network in self._networks]
        found += [end.get(key, "").partition("/")[0] for end in there for key in ("IPv4Address", "IPv6Address")]
        return [address for address in dict.fromkeys(found) if address]

    def _listeners(self, zone: Zone, table: list[dict[str, Any]]) -> Iterator[Cell]:
        """List the host's listeners: our own, and those of others that speak TCP."""
        own = {port for port, _ in _OWN_LISTENERS}
        rows = [row["destination"] for row in table if row["destination"]["kind"] == "host-listener"]
        for to in rows:
            port = to["ports"][0][0]
            whose = "host" if port in own else "connected"
            if whose == "host" or to["protocol"] == "tcp":
                yield Cell(zone, "host-listener", whose, to["family"], to["protocol"], to["address"], port)

    def _tries(self, cell: Cell, places: Iterable[str]) -> Iterator[Try]:
        address = HOST_ADDRESS[cell.family] if cell.address in ("0.0.0.0", "::") else cell.address
        protocol = "connect" if cell.whose == "connected" else cell.protocol
        for who in places:
            if ip_address(address).is_loopback and who not in ("host", "lan"):
                continue  # its own loopback
            if who != cell.whose or cell.zone[0] != "network":  # a network's zone is another member
                yield Try(who, protocol, address, cell.port)

    def answers(self, tries: Iterable[Try], seconds: float = _SECONDS) -> dict[Try, str]:
        """Let everybody try at once; gives the name that answered each, or `-`."""
        by_place: dict[str, list[Try]] = {}
        for one in tries:
            by_place.setdefault(one.who, []).append(one)
        with ExitStack() as stack:
            running = {who: stack.enter_context(self._knock(who, seconds)) for who in by_place}
            for who, process in running.items():
                assert process.stdin is not None
                lines = [f"{one}\n" for one in by_place[who]]
                process.stdin.write("".join(lines).encode())
                process.stdin.close()
            return {
                one: answer
                for who, process in running.items()
                for one, answer in zip_longest(by_place[who], _lines(process), fillvalue="-")
            }

    def _knock(self, who: str, seconds: float) -> subprocess.Popen[bytes]:
        outside: dict[str, LabHost] = {"internet": self._around.internet, "lan": self._around.lan}
        command = [*self._inside(who), sys.executable, _KNOCK, "knock", str(seconds)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return outside.get(who, self.host).popen(command, **pipes)

    def _inside(self, who: str) -> list[str]:
        if who in self._stand_ins.values():
            return ["nsenter", f"--net=/run/netns/{who}"]
        return ["nsenter", f"--net=/proc/{self._pid(who)}/ns/net"] if who in self.containers else []


def _zone(row: dict[str, Any]) -> Zone:
    return row["zone"]["kind"], row["zone"]["name"]


def _asks(to: dict[str, Any], family: str, protocol: str, port: int) -> bool:
    here = any(low <= port <= high for low, high in to["ports"])
    return here and (to["family"], to["protocol"]) == (family, protocol)


def _lines(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().decode().splitlines()


def _name(container: dict[str, Any]) -> str:
    return str(container["Name"].lstrip("/"))


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"


def _has_own_network(container: dict[str, Any]) -> bool:
    mode = container["HostConfig"]["NetworkMode"]
    return mode != "host" and not mode.startswith("container:")


def _bridge(network: dict[str, Any]) -> str:
    named = (network["Options"] or {}).get("com.docker.network.bridge.name")
    return str(named or f"br-{network['Id'][:12]}")


def _index(table: list[dict[str, Any]]) -> Index:
    """Order a table by what a cell asks, but for its port."""
    found: Index = {}
    for row in table:
        to = row["destination"]
        whose = "host" if to["kind"] == "host-listener" else (to.get("container") or {}).get("id", "")
        address = to["address"]
        found.setdefault((_zone(row), to["kind"], whose, to["family"], to["protocol"], address), []).append(row)
    return found


def _rows(index: Index, cell: Cell) -> list[dict[str, Any]]:
    """List the rows of the table that speak of a cell."""
    whose = "host" if cell.whose == "connected" else cell.whose
    rows = index.get((cell.zone, cell.kind, whose, cell.family, cell.protocol, cell.address), [])
    return [row for row in rows if any(low <= cell.port <= high for low, high in row["destination"]["ports"])]


def _predicted(index: Index, cell: Cell) -> str:
    """Find the outcome that the table gives a cell; fails where it has none, or more than one."""
    families = {family for zone, _, _, family, _, _ in index if zone == cell.zone}
    if cell.family not in families:  # the zone has no addresses of this family: it cannot even try
        return "blocked"
    if cell.kind == "forwarded-port" and not cell.whose:  # no row, or one that leads to an address that nobody has
        return "blocked"
    found = {row["outcome"] for row in _rows(index, cell)}
    assert len(found) == 1, f"{cell}: {found or 'no cell'}"
    return str(found.pop())
