"""Which rows of two exposure tables are the same: a port is never both closed and opened by what happens around it."""

from functools import cache
from pathlib import Path

import msgspec
import pytest
from sampling import sampled

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, ExposureChange
from netaudit.attribute.exposure.compare import compare_exposures
from netaudit.attribute.exposure.identity import by_address, by_container
from netaudit.model.docker import Container, Inventory, PortBinding
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import Family
from netaudit.model.reason import ReasonKind, make_reason

RECORDINGS = Path(__file__).parents[1] / "recordings"
INTERNET = Zone(ZoneKind.INTERNET)
WEB = PortBinding("tcp", "0.0.0.0", 8080, 80)
PUBLISHED = Destination(
    DestinationKind.PUBLISHED_PORT, Family.IP, "tcp", "0.0.0.0", ((8080, 8080),), "w" * 64, "web", "a", WEB
)
FORWARDED = Destination(DestinationKind.FORWARDED_PORT, Family.IP, "tcp", "0.0.0.0", ((8080, 8080),))
LISTENER = Destination(DestinationKind.HOST_LISTENER, Family.IP, "tcp", "0.0.0.0", ((22, 22),))


@cache
def _diff(scenario: str, before: str, after: str) -> AttributedDiff:
    folder = RECORDINGS / scenario
    return netaudit.compare(netaudit.load(folder / before), netaudit.load(folder / after))


def _row(to: Destination, outcome: Outcome = Outcome.ALLOWED, zone: Zone = INTERNET) -> AttributedExposure:
    return AttributedExposure(Exposure(zone, to, outcome, Delivery.DNAT))


def _changes(
    before: list[AttributedExposure], after: list[AttributedExposure]
) -> list[tuple[ExposureChange, tuple[tuple[int, int], ...]]]:
    changes = compare_exposures(tuple(before), tuple(after), lambda *_: "").changes
    return [(one, shown.exposure.destination.ports) for one in changes if (shown := one.after or one.before)]


def _asked(side: AttributedExposure | None) -> tuple[object, ...] | None:
    if side is None or side.exposure.outcome is Outcome.BLOCKED:
        return None
    to = side.exposure.destination
    return (side.exposure.zone, to.family, to.protocol, to.container_name, to.address, to.ports)


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("scenario", "before", "after"),
    sampled(
        [
            ("28.5.2-iptables-nft/connect-internal", "02", "03"),
            ("28.5.2-iptables-nft/connect-internal", "03", "02"),
            ("28.5.2-iptables-nft/second-network", "02", "03"),
            ("20.10.24-iptables-nft/second-network", "02", "03"),
            ("28.5.2-iptables-nft/routed-second-network", "02", "03"),
            ("28.5.2-iptables-nft/gateway-priority", "02", "03"),
            ("28.5.2-iptables-nft/pause-rename-update", "01", "04"),
        ],
        stay=[("28.5.2-iptables-nft/connect-internal", "02", "03")],
    ),
)
def test_no_port_is_both_closed_and_opened(scenario: str, before: str, after: str) -> None:
    changes = _diff(scenario, before, after).exposure
    assert changes is not None
    opened = {_asked(one.after) for one in changes if _asked(one.before) is None}
    closed = {_asked(one.before) for one in changes if _asked(one.after) is None}
    assert not (opened & closed) - {None}


def test_a_second_network_does_not_open_the_port_that_was_open() -> None:
    changes = _diff("28.5.2-iptables-nft/connect-internal", "02", "03").exposure
    assert changes
    kinds = {one.after.exposure.destination.kind for one in changes if one.after}
    assert kinds == {DestinationKind.CONTAINER_PORTS}


def test_a_published_port_is_the_same_on_another_of_its_containers_networks() -> None:
    moved = msgspec.structs.replace(PUBLISHED, network_name="")
    assert _changes([_row(PUBLISHED)], [_row(moved)]) == []


def test_a_renamed_container_keeps_its_rows() -> None:
    renamed = msgspec.structs.replace(PUBLISHED, container_name="shop")
    sides = [Inventory(containers=(Container("w" * 64, name, running=True),)) for name in ("web", "shop")]
    identify = by_container(*sides)
    assert identify(_row(PUBLISHED)) == identify(_row(renamed))


def test_another_container_on_the_same_port_is_another_row() -> None:
    other = msgspec.structs.replace(PUBLISHED, container_id="x" * 64, container_name="shop")
    assert len(_changes([_row(PUBLISHED)], [_row(other)])) == 2


def test_a_listener_of_a_container_on_the_hosts_network_is_told_by_its_own_port() -> None:
    ssh = msgspec.structs.replace(LISTENER, container_name="web", network_name="host")
    http = msgspec.structs.replace(ssh, ports=((80, 80),))
    assert [ports for _, ports in _changes([_row(ssh)], [_row(ssh), _row(http)])] == [((80, 80),)]


def test_ports_that_only_one_side_speaks_of_are_compared_too() -> None:
    few, many = (msgspec.structs.replace(FORWARDED, ports=ports) for ports in (((80, 80),), ((79, 81),)))
    assert [ports for _, ports in _changes([_row(few)], [_row(many)])] == [((79, 79), (81, 81))]
    assert [ports for _, ports in _changes([_row(many)], [_row(few)])] == [((79, 79), (81, 81))]


def test_by_address_a_port_is_the_same_whoever_takes_its_packets() -> None:
    assert by_address(_row(PUBLISHED)) == by_address(_row(FORWARDED))


def test_a_port_that_is_closed_to_some_senders_is_a_change() -> None:
    example = make_reason(ReasonKind.NOT_FOR_ALL, example="a packet")
    whole = _row(PUBLISHED)
    partly = msgspec.structs.replace(whole, exposure=msgspec.structs.replace(whole.exposure, reason=example))
    assert len(_changes([whole], [partly])) == 1
    assert len(_changes([partly], [whole])) == 1
    assert _changes([partly], [partly]) == []


def test_what_neither_side_can_tell_is_counted() -> None:
    doubtful = _row(PUBLISHED, Outcome.MAY)
    assert compare_exposures((doubtful,), (doubtful,), lambda *_: "").undecided == 1
