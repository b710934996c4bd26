"""Everybody around an engine's host tries everything: what the exposure table is held against.

    with Crowd(engine, surroundings) as crowd:
        found = crowd.look()      # the table, and what real packets saw of each of its cells
        found.disagreements       # [] when they say the same

Who tries: an Internet and a LAN neighbour (`Surroundings`), the host, each running container, and on each network a
stand-in (`StandIns`). What they try: each published port, those that were published before, the containers' own ports
(those they expose, and one they do not), the host's listeners. A server in each container, and two on the host, answer
with their names.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from itertools import chain, product
from typing import Self

from lab.cells import Cell, Found, Table, Zone
from lab.engine import Engine
from lab.host import LabHost
from lab.inspected import Inspected, running_on
from lab.knockers import AS_NOBODY, KNOCK, Try, answers
from lab.stand_ins import StandIns
from lab.surroundings import ROUTER, Surroundings

HOST_ADDRESS = {"ip": "192.0.2.10", "ip6": "2001:db8::10"}
_SECONDS, _PATIENTLY = 0.8, 3.0
_OUTSIDE = (("internet", ""), ("lan", "eth0"), ("host", ""))
_OF_NOBODY = "host as nobody"  # a program of the host's that is not root's
_OWN_LISTENERS = {9000: "@9000", 9001: "127.0.0.1@9001"}
_USUAL = (80, 81)  # served in each container, published or not: a rule of the operator may lead there
_WITNESS = re.compile(r"\w+ (?P<address>\S+):(?P<port>\d+) → (?P<target>\S+):(?P<there>\d+).*")
# Senders that are in no list of a random host: who is named for one port may not get in at another. Two connections
# from one address and port to one container, by its published port and directly, get in each other's way.
_OTHERS = {
    ("lan", "ip"): ("192.0.2.{}",),
    ("lan", "ip6"): ("2001:db8::{}",),
    ("internet", "ip"): ("198.51.100.{}", "203.0.113.{}"),
    ("internet", "ip6"): ("2001:db8:ffff::{}",),
}
_DIRECTLY, _BY_PORT = 77, 78
# Source ports below those that programs get: to other ports than the example's one of them may be the only way.
_LOW = (20000, 900)


class Crowd:
    """A context manager: the servers of an engine's containers, and all who try them."""

    def __init__(self, engine: Engine, around: Surroundings) -> None:
        self.engine, self.host, self._around = engine, engine.host, around
        self.inspected = Inspected([], [])
        self._servers: dict[str, tuple[int, subprocess.Popen[bytes]]] = {}  # by whose: the pid inside, the server
        self._stand_ins = StandIns(engine.host)
        self._ever: set[tuple[str, str, int]] = set()  # family, protocol and port of all that was published so far
        self._own_addresses: list[str] = []  # of the host

    def __enter__(self) -> Self:
        self._serve("host", 0, list(_OWN_LISTENERS.values()))
        return self

    def __exit__(self, *_: object) -> None:
        for whose in list(self._servers):
            self._end(whose)

    def look(self) -> Found:
        """Compute the table of the host as it is now, and try each cell; again if a container ended meanwhile."""
        self._meet()
        known = set(self.inspected.containers)
        table = Table(self.table())
        if running_on(self.engine) != known:
            return self.look()
        self._stand_ins.make({name for kind, name in table.zones if kind == "network"}, self.inspected)
        try:
            found = self._hold(table)
        finally:
            self._stand_ins.remove()
        return found if running_on(self.engine) == known else self.look()

    def table(self) -> list[dict[str, object]]:
        """Compute the exposure table as a user would."""
        done = self.host.python("-m", "netaudit", "exposure", "--containers", "--format", "json")
        return list(json.loads(done.stdout)["exposure"])

    # Who answers

    def _meet(self) -> None:
        """Learn which containers run, and let a server answer in each; those that ended have none."""
        interfaces = json.loads(self.host.run(["ip", "-j", "addr"]).stdout)
        said = [one for interface in interfaces for one in interface["addr_info"] if one["scope"] != "link"]
        self._own_addresses = [one["local"] for one in said]
        known = self.inspected = Inspected.of(self.engine)
        for whose, (pid, _) in list(self._servers.items()):
            if whose != "host" and (whose not in known.containers or known.pid(whose) != pid):
                self._end(whose)
        for whose in known.containers:
            if whose not in self._servers and known.is_alone(whose):
                self._serve(whose, known.pid(whose), [f"@{port}" for port in {*known.ports(whose), *_USUAL}])

    def _serve(self, whose: str, pid: int, places: Sequence[str]) -> None:
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net"] if pid else []
        command = [*inside, sys.executable, KNOCK, "serve", whose, *places]
        server = self.host.popen(command, stdout=subprocess.PIPE)
        self._servers[whose] = pid, server
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", f"no server in {whose}"

    def _end(self, whose: str) -> None:
        _, server = self._servers.pop(whose)
        os.killpg(server.pid, signal.SIGKILL)  # nsenter and the server that it started
        server.communicate()

    # Who tries what

    def _hold(self, table: Table) -> Found:
        found, tries = Found(), dict(self._cells(table))
        strangers = table.zones - {zone for zone, _ in self._zones()}
        found.unasked += [f"nobody stands for zone {zone}" for zone in sorted(strangers)]
        found.predicted = {cell: table.predicted(cell) for cell in tries}
        found.why = {cell: table.why(cell) for cell in tries}
        found.doubts.update(table.reason(cell) for cell, said in found.predicted.items() if said == "may")
        found.answered = {cell: set() for cell in tries}
        self._try(found, tries, _SECONDS)
        self._ask_again(found, tries, table)
        return found

    def _ask_again(self, found: Found, tries: dict[Cell, list[Try]], table: Table) -> None:
        """Where an answer was expected and did not come, be patient; then send as the table's example does."""
        self._try(found, {cell: tries[cell] for cell in found.late}, _PATIENTLY)
        examples = {cell: list(self._as_example(cell, table.witness(cell))) for cell in found.late}
        senders = {one.who for some in examples.values() for one in some}
        for whose in senders - self.inspected.containers.keys():
            self._try(found, _by(whose, examples), _PATIENTLY)
        for whose in senders & self.inspected.containers.keys():
            mine = _by(whose, examples)
            self._try(found, {cell: some for cell, some in mine.items() if cell.whose == whose}, _PATIENTLY)
            self._end(whose)  # its server may have the port that the example comes from
            self._try(found, {cell: some for cell, some in mine.items() if cell.whose != whose}, _PATIENTLY)
            self._meet()

    def _try(self, found: Found, tries: dict[Cell, list[Try]], seconds: float) -> None:
        found_now = answers({one for some in tries.values() for one in some}, self._place, seconds)
        for cell, some in tries.items():
            found.answered[cell] |= {found_now[one] for one in some} - {"-"}

    def _zones(self) -> Iterator[tuple[Zone, list[str]]]:
        """List the zones, with the places that stand for each."""
        yield from ((zone, [zone[0], *([_OF_NOBODY] if zone[0] == "host" else [])]) for zone in _OUTSIDE)
        senders = [whose for whose in self.inspected.on_one_network() if whose in self._servers]
        for network in self.inspected.networks:
            if network["Name"] in self._stand_ins.of:
                members = [whose for whose in self.inspected.ends(network) if whose in senders]
                yield ("network", network["Name"]), [self._stand_ins.of[network["Name"]], *members]
        yield from ((("container", self.inspected.name(whose)), [whose]) for whose in senders)

    def _cells(self, table: Table) -> Iterator[tuple[Cell, list[Try]]]:
        for zone, places in self._zones():
            led = (*self._left(zone, table), *_forwarded(zone, table))
            cells = (self._published(zone), dict.fromkeys(led), self._own(zone), _listeners(zone, table))
            for cell in chain.from_iterable(cells):
                yield cell, list(self._tries(cell, places))

    def _tries(self, cell: Cell, places: Iterable[str]) -> Iterator[Try]:
        """List who tries a cell, and where: what is open on every address of the host, at each that they reach."""
        for who, address in product(places, self._addresses(cell)):
            if ip_address(address).is_loopback and who not in ("host", _OF_NOBODY, "lan"):
                continue  # its own loopback
            if who == "internet" and _is_private(address):
                continue  # nobody routes it
            if who != cell.whose or cell.zone[0] != "network":  # a network's zone is another member
                yield Try(who, _spoken(cell), address, cell.port)

    def _addresses(self, cell: Cell) -> list[str]:
        """List the addresses that a cell may be tried at."""
        everywhere = cell.address in ("0.0.0.0", "::")
        return [one for one in self._own_addresses if _family(one) == cell.family] if everywhere else [cell.address]

    def _published(self, zone: Zone) -> Iterator[Cell]:
        for whose in self.inspected.containers:
            for protocol, address, port in self.inspected.bindings(whose):
                yield Cell(zone, "published-port", whose, _family(address), protocol, address, port)

    def _left(self, zone: Zone, table: Table) -> Iterator[Cell]:
        """List ports that were published and are not: who has the address now answers, where a rule was left behind."""
        now = {(cell.family, cell.protocol, cell.port) for cell in self._published(zone)}
        for family, protocol, port in sorted(self._ever - now):
            whose, address = table.led(zone, family, protocol, port) or ("", HOST_ADDRESS[family])
            yield Cell(zone, "forwarded-port", whose, family, protocol, address, port)
        self._ever |= now

    def _own(self, zone: Zone) -> Iterator[Cell]:
        for whose in self.inspected.containers:
            if zone == ("container", self.inspected.name(whose)):  # what it sends to itself does not leave it
                continue
            for address, protocol in product(self.inspected.addresses(whose), ("tcp", "udp")):
                for port in self.inspected.ports(whose):
                    yield Cell(zone, "container-ports", whose, _family(address), protocol, address, port)

    # As the example does

    def _as_example(self, cell: Cell, witness: str) -> Iterator[Try]:
        """Be the sender that the table names: only some addresses, or source ports, may be let in."""
        said = _WITNESS.fullmatch(witness)
        if not said:
            return
        address, port = said["address"].strip("[]"), int(said["port"])
        owner, stand_in = self.inspected.owner(address), self._stand_ins.of.get(cell.zone[1], "")
        own = _OF_NOBODY if " by " in witness else "host"  # it names the group or user of who may send
        who = owner or {"network": stand_in, "container": "", "host": own}.get(cell.zone[0], cell.zone[0])
        if not who:
            return
        sports = (port, *_LOW) if int(said["there"]) != cell.port else (port,)
        if owner and stand_in:  # a member may be stopped at this port, or its routes lead by another network
            for sport in sports:
                yield Try(stand_in, _spoken(cell), said["target"].strip("[]"), cell.port, (_any(cell.family), sport))
        number = _DIRECTLY if cell.kind == "container-ports" else _BY_PORT
        others = [one.format(number) for one in _OTHERS.get((cell.zone[0], cell.family), ())]
        named = "" if address in ROUTER else address  # the table does not know who the router is
        for sender in filter(None, (named, *others)):
            if not owner and cell.zone[0] != "host":
                self._become(who, sender)
            for sport in sports:
                yield Try(who, _spoken(cell), said["target"].strip("[]"), cell.port, (sender, sport))

    def _become(self, who: str, address: str) -> None:
        """Give a place one address more, to which its answers find back."""
        bits, nodad = (128, ["nodad"]) if ":" in address else (32, [])
        add = ["ip", "addr", "replace", f"{address}/{bits}", "dev", "eth0", *nodad]
        match who:
            case "internet":
                self._around.internet.run(add)
                self._around.lan.run(["ip", "route", "replace", f"{address}/{bits}", "dev", "wan0"])
            case "lan":  # asks for the host as itself: a host that answers from 127.0.0.1 hears no answer to ARP
                ask = f"busybox arping -q -f -c 2 -w 1 -I eth0 -s {address} {HOST_ADDRESS['ip']} || true"
                self._around.lan.run(["sh", "-ec", f"{shlex.join(add)}\n{'' if nodad else ask}"])
            case _:
                self._stand_ins.become(who, add, address)

    def _place(self, who: str) -> tuple[LabHost, list[str]]:
        outside = {"internet": self._around.internet, "lan": self._around.lan}
        if who == _OF_NOBODY:
            return self.host, list(AS_NOBODY)
        if who in self._stand_ins.of.values():
            return self.host, ["nsenter", f"--net=/run/netns/{who}"]
        if who in self.inspected.containers:
            return self.host, ["nsenter", f"--net=/proc/{self.inspected.pid(who)}/ns/net"]
        return outside.get(who, self.host), []


def _by(whose: str, examples: dict[Cell, list[Try]]) -> dict[Cell, list[Try]]:
    """Keep the examples of one sender."""
    return {cell: own for cell, some in examples.items() if (own := [one for one in some if one.who == whose])}


def _listeners(zone: Zone, table: Table) -> Iterator[Cell]:
    """List the host's listeners: our own, and those of others that speak TCP."""
    for family, protocol, address, port in table.listeners():
        whose = "host" if port in _OWN_LISTENERS else "connected"
        if whose == "host" or protocol == "tcp":
            yield Cell(zone, "host-listener", whose, family, protocol, address, port)


def _forwarded(zone: Zone, table: Table) -> Iterator[Cell]:
    """List the ports that NAT rules lead on, though no container publishes them; some zones have no such row.

    An address that only members of a network send to is none for the Internet, to which nobody routes it.
    """
    for whose, family, protocol, address, port in table.forwarded():
        if zone[0] != "internet" or not _is_private(address):
            yield Cell(zone, "forwarded-port", whose, family, protocol, address, port)


def _is_private(address: str) -> bool:
    return ip_address(address) in ip_network("172.16.0.0/12" if ":" not in address else "fd00::/8")


def _spoken(cell: Cell) -> str:
    return "connect" if cell.whose == "connected" else cell.protocol


def _any(family: str) -> str:
    """Return what a program binds to that leaves its address to the kernel."""
    return "0.0.0.0" if family == "ip" else "::"


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"
