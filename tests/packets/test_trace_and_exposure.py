"""What `netaudit trace` says of a packet is what `netaudit exposure` says of its sender and its target."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from sampling import sampled

import netaudit
from netaudit.errors import NetauditError
from netaudit.model.address_text import with_port
from netaudit.model.exposure import DestinationKind, Exposure, Outcome
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.destinations import is_wildcard
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.packets.query.target import host_address
from netaudit.parse import parse_snapshot

RECORDINGS = Path(__file__).parent.parent / "recordings"
# Each was once told apart by the two commands.
SAMPLE = (
    "20.10.24-iptables-nft/loopback-port/01",
    "20.10.24-iptables-nft/macvlan-on-the-lan/02",
    "28.5.2-iptables-nft/two-nets/04",
    "29.7.2-nftables/routed-second-network/04",
    "bad/address-gone/after",
    "bad/odd-networks/before",
)
# Of Podman: whether ::1 is answered behind masquerade, and whether internal networks have a default route inside.
_LEFT = ("ipv6", "internal")
_LAST = ("bad", "makers", "hosts", "tour")
_OF_ANOTHER_ROW = {ReasonKind.NAT_ELSEWHERE}  # a NAT rule leads the packet to somebody else, who has a row
_WITNESS = re.compile(r".* → (\[?[^ ]+)")


def _recordings() -> Iterator[str]:
    """Give the last step of each scenario, and each bad host."""
    for scenario in sorted(RECORDINGS.glob("*/*")):
        steps = sorted(one.parent for one in scenario.glob("*/recording.json"))
        chosen = steps if scenario.parent.name in _LAST else steps[-1:]
        if not (scenario.parent.name.startswith("podman-") and scenario.name in _LEFT):
            yield from (str(one.relative_to(RECORDINGS)) for one in chosen)


@pytest.mark.parametrize("recording", sampled(sorted({*_recordings(), *SAMPLE}), SAMPLE, of_matrix=12))
def test_a_packet_is_traced_to_what_the_exposure_table_says_of_it(recording: str) -> None:
    assert list(disagreements(parse_snapshot(netaudit.load(RECORDINGS / recording)))) == []


def disagreements(snapshot: Snapshot) -> Iterator[str]:
    """Yield the rows of which a trace from the row's sender to its target says something else."""
    for cell in expose(snapshot, snapshot.program):
        target = _target(cell, snapshot)
        own = {one.ip for each in snapshot.host.interfaces for one in each.addresses}
        gone = not is_wildcard(cell.destination.address) and ip_address(cell.destination.address) not in own
        if gone and cell.destination.kind is DestinationKind.PUBLISHED_PORT:  # some other machine may have the address
            continue
        some = cell.outcome is Outcome.MAY or (cell.outcome is Outcome.ALLOWED and not cell.for_all)
        if some or not target or _OF_ANOTHER_ROW & {*kinds_of(cell.reason)}:
            continue
        found = _outcome(str(cell.zone), target, snapshot)
        if found is not None and found is not cell.outcome:
            yield f"{cell.zone} → {target}: exposure {cell.outcome}, trace {found} ({cell.reason})"


def _outcome(source: str, target: str, snapshot: Snapshot) -> Outcome | None:
    try:
        found = answer_query(TraceQuery(source, target), snapshot, snapshot.program).trace.outcome
    except NetauditError:  # the sender has no address of this family
        return None
    return Outcome.BLOCKED if found is Outcome.NOBODY else found


def _target(cell: Exposure, snapshot: Snapshot) -> str:
    """Name a packet of a row, as `trace --to` takes it; "" where no address of the host is known."""
    to = cell.destination
    if found := _WITNESS.match(cell.witness):
        return f"{found[1]}/{to.protocol}"
    address = str(host_address(snapshot, to.family) or "") if is_wildcard(to.address) else to.address
    return f"{with_port(address, to.ports[0][0])}/{to.protocol}" if address else ""
