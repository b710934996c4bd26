"""Containers on macvlan, ipvlan and other drivers: what can be told of them though no rule of the host meets them."""

import pytest
from msgspec.structs import replace as changed

from netaudit.model.docker import Network
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Outcome, Zone, ZoneKind
from netaudit.model.host import Host, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.exposure.cells.off_host import off_host_row
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.zones import Origin

PORTS = ((80, 80),)
TO = Destination(DestinationKind.CONTAINER_PORTS, Family.IP, "tcp", "192.0.2.9", PORTS)
PUBLIC, PRIVATE = 0xC0000209, 0x0A000009
MV = Network("m" * 64, "mv", "macvlan", parent="eth0")
ROUTING = Routing(Host((Interface("eth0", index=2),)), Family.IP)
APART, ROUTERS, UNSEEN = (
    make_reason(kind, driver="macvlan")
    for kind in (ReasonKind.DRIVER_APART_FROM_HOST, ReasonKind.DRIVER_BY_ROUTERS, ReasonKind.DRIVER_UNSEEN)
)
NOT_ROUTED = make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET)


def _from(kind: ZoneKind, senders: tuple[int, int] = (PUBLIC, PUBLIC)) -> Origin:
    return Origin(Zone(kind), "eth0", (senders,))


@pytest.mark.parametrize(
    ("origin", "number", "outcome", "reason"),
    [
        (_from(ZoneKind.LAN), PUBLIC, Outcome.ALLOWED, UNSEEN),
        (_from(ZoneKind.LAN, (1, 2)), PUBLIC, Outcome.MAY, ROUTERS),  # of another link
        (_from(ZoneKind.HOST), PUBLIC, Outcome.BLOCKED, APART),
        (_from(ZoneKind.INTERNET), PUBLIC, Outcome.MAY, ROUTERS),
        (_from(ZoneKind.INTERNET), PRIVATE, Outcome.BLOCKED, NOT_ROUTED),
        (_from(ZoneKind.NETWORK), PUBLIC, Outcome.MAY, ROUTERS),
    ],
)
def test_a_container_on_a_link_is_a_machine_of_its_own(
    origin: Origin, number: int, outcome: Outcome, reason: Reason
) -> None:
    row = off_host_row(MV, TO, origin, number, ROUTING)
    assert row
    assert (row.ports, row.outcome, row.decision.rule, row.decision.reason) == (PORTS, outcome, None, reason)
    assert row.way is (Delivery.NONE if outcome is Outcome.BLOCKED else Delivery.DIRECT)


def test_the_hosts_rules_decide_on_bridges_and_behind_an_interface_beside_the_containers() -> None:
    assert off_host_row(changed(MV, driver="bridge"), TO, _from(ZoneKind.HOST), PUBLIC, ROUTING) is None
    shim = Interface("shim", "macvlan", index=3, peer=2)
    to_shim = Route(Family.IP, "192.0.2.0/24", (NextHop("shim"),))
    for beside, peer in ((True, 2), (False, 7)):
        host = Host((Interface("eth0", index=2), changed(shim, peer=peer)), routes=(to_shim,))
        row = off_host_row(MV, TO, _from(ZoneKind.HOST), PUBLIC, Routing(host, Family.IP))
        assert (row is None) is beside
    by_wire = Routing(Host((Interface("eth0", index=2), shim), routes=(to_shim,)), Family.IP)
    assert off_host_row(MV, TO, _from(ZoneKind.LAN), PUBLIC, by_wire) is not None


def test_another_driver_and_a_bridge_that_is_elsewhere_are_not_followed() -> None:
    plugin = off_host_row(changed(MV, driver="weave"), TO, _from(ZoneKind.LAN), PUBLIC, ROUTING)
    assert plugin
    assert (plugin.outcome, plugin.decision.reason) == (
        Outcome.MAY,
        make_reason(ReasonKind.DRIVER_NOT_FOLLOWED, driver="weave"),
    )
    network = changed(MV, driver="bridge", bridge="br-gone")
    found = [off_host_row(network, TO, _from(ZoneKind.INTERNET), number, ROUTING) for number in (PUBLIC, PRIVATE)]
    assert [(one.outcome, one.decision.reason) for one in found if one] == [
        (Outcome.MAY, make_reason(ReasonKind.BRIDGE_NOT_HERE, bridge="br-gone")),
        (Outcome.BLOCKED, NOT_ROUTED),
    ]
