"""A zone with several ways: each port has one row, that of the best."""

import json

import msgspec
import pytest
from packets.test_answers import OLD, changed, table, with_rules

from netaudit.model.exposure import DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot

_SECOND = {
    "ifname": "eth1", "flags": ["BROADCAST", "UP"], "link_type": "ether", "operstate": "UP", "ifindex": 99,
    "addr_info": [{"family": "inet", "local": "203.0.113.10", "prefixlen": 24, "scope": "global"}],
}  # fmt: skip
_ROUTES = (
    {"dst": "203.0.113.0/24", "dev": "eth1", "scope": "link", "prefsrc": "203.0.113.10"},
    {"dst": "default", "gateway": "203.0.113.1", "dev": "eth1", "metric": 50},
    {"type": "local", "dst": "203.0.113.10", "dev": "eth1", "table": "local", "scope": "host"},
)


def _two_uplinks(*rules: str) -> Facts:
    facts = changed(OLD, iptables_nft=with_rules(*rules))
    more = {Source.IP_ADDR: [_SECOND], Source.IP_ROUTE: list(_ROUTES)}
    files = {name: json.dumps([*json.loads(facts.files[name]), *some]).encode() for name, some in more.items()}
    return msgspec.structs.replace(facts, files={**facts.files, **files})


def _from_internet(found: tuple[Exposure, ...]) -> list[Exposure]:
    kind = DestinationKind.PUBLISHED_PORT
    return [one for one in found if one.zone.kind is ZoneKind.INTERNET and one.destination.kind is kind]


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("closed", "outcome"), [((), Outcome.ALLOWED), (("filter FORWARD -i eth0 -j DROP",), Outcome.MAY)]
)
def test_the_internet_is_one_zone_by_two_uplinks(closed: tuple[str, ...], outcome: Outcome) -> None:
    first = next(one for one in _from_internet(table(_two_uplinks(*closed))) if one.destination.family == "ip")
    assert first.outcome is outcome
    cells = [(one.zone, one.destination) for one in table(_two_uplinks(*closed))]
    assert len(set(cells)) == len(cells)


def test_a_container_of_two_networks_has_one_row_for_a_port() -> None:
    facts = changed("28.5.2-iptables-nft/second-network/04")
    snapshot = parse_snapshot(facts)
    program = snapshot.program
    found = [one for one in expose(snapshot, program, ZoneChoice(containers=True)) if one.zone.name == "web"]
    asked = [(one.destination, port) for one in found for port in one.destination.ports]
    assert asked
    assert len({(one.kind, one.address, one.protocol, port) for one, port in asked}) == len(asked)
