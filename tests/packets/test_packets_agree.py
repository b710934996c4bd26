"""The trace and the exposure table agree: the example packet of every cell comes to what its cell says, by its rule."""

import re
from ipaddress import ip_address
from pathlib import Path

import msgspec
import pytest
from packets.test_exposure_alike import with_commands
from random_hosts.chance import Chance
from random_hosts.rules import iptables_rules

import netaudit
from netaudit.model.exposure import Delivery, Exposure, Outcome, Zone
from netaudit.model.facts import Facts
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.locations import in_network
from netaudit.packets.host.zones import ZoneChoice, origins
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import Probe
from netaudit.packets.values.steps import Trace
from netaudit.parse import parse_snapshot

RECORDINGS = Path(__file__).parent.parent / "recordings"
SAMPLE = (
    "20.10.24-iptables-legacy/default-one-port/01",
    "20.10.24-iptables-nft/loopback-port/01",
    "26.1.5-iptables-nft/user-net-icc-off/02",
    "28.5.2-iptables-nft/dual-stack/02",
    "28.5.2-iptables-nft/two-nets/04",
    "28.5.2-iptables-legacy/default-one-port/01",
    "29.0.0-nftables/default-one-port/01",
    "makers/docker/with-firewalld-and-fail2ban",
)
_WITNESS = re.compile(r"(\w+) \[?(.+?)\]?:(\d+) → \[?(.+?)\]?:(\d+)(?: \(no container .*\))?")


@pytest.mark.matrix
@pytest.mark.parametrize("recording", SAMPLE)
def test_every_example_packet_comes_to_what_its_cell_says(recording: str) -> None:
    assert disagreements(netaudit.load(RECORDINGS / recording)) == []


@pytest.mark.parametrize("seed", range(3))
def test_whatever_an_operator_writes_every_example_packet_comes_to_what_its_cell_says(seed: int) -> None:
    host = SAMPLE[3:5][seed % 2]
    assert disagreements(with_commands(netaudit.load(RECORDINGS / host), *iptables_rules(Chance(seed), 12))) == []


def disagreements(facts: Facts) -> list[Exposure]:
    """List the cells whose example packet comes to something else, or meets no rule like the one that decides."""
    parsed = parse_snapshot(facts)
    program = parsed.program
    cells = [cell for cell in expose(parsed, program, ZoneChoice()) if cell.witness]
    snapshot = msgspec.structs.replace(parsed, inventory=with_every_endpoint(parsed.inventory, parsed.host))
    unseen = {gap.source for gap in snapshot.gaps}
    assert cells
    ground = (unseen, snapshot.inventory)
    found = {cell: trace(program, snapshot.host, probe_of(cell, snapshot), *ground) for cell in cells}
    return [cell for cell, way in found.items() if not _agree(cell, way)]


def _agree(cell: Exposure, way: Trace) -> bool:
    """Compare; a cell that may be open has packets that are, or that are not.

    What docker-proxy sends on is a packet of its own, whose rules the example packet does not meet.
    """
    same = way.outcome is cell.outcome or cell.outcome is Outcome.MAY
    return same and (cell.rule is None or cell.way is Delivery.PROXY or cell.rule in _deciding(way, cell.outcome))


def _deciding(way: Trace, outcome: Outcome) -> set[Item | None]:
    """Return the rules and policies that may decide: what is blocked is so where a way ends, or an answer's does."""
    ways = (way, *way.answers, *way.later)
    ends = {end.item for one in ways for end in one.ends}
    return ends if outcome is Outcome.BLOCKED else ends | {step.item for one in ways for step in one.steps}


def probe_of(cell: Exposure, snapshot: Snapshot) -> Probe:
    """Read a cell's example packet."""
    found = _WITNESS.fullmatch(cell.witness)
    assert found, cell.witness
    protocol, source, sport, target, dport = found.groups()
    address = ip_address(target)
    interface = interface_of(cell.zone, snapshot, "ip" if address.version == 4 else "ip6")
    networks = snapshot.inventory.networks if snapshot.inventory else ()
    own = {one.ip for other in snapshot.host.interfaces for one in other.addresses}
    near = any(one.bridge == interface and in_network(one, address) for one in networks) and address not in own
    return Probe(ip_address(source), address, protocol, int(dport), int(sport), interface, neighbour=near)


def interface_of(zone: Zone, snapshot: Snapshot, family: str) -> str:
    """Find where a zone's packets come in."""
    known = origins(snapshot.host, snapshot.inventory, family, ZoneChoice())
    return next(one.interface for one in known if one.zone == zone)
