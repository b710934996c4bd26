"""From a command's requests to rules: what the next recording shows, once its symbols are bound to what really came."""

import re

import pytest
from live_plans.binding import bound_ruleset, find_binding, make_bind
from msgspec.structs import replace
from plan.client_requests import is_planned, requests_of
from plan.recorded import CATALOG, RECORDINGS, Step, differences, scenarios, snapshot, steps
from sampling import every

from netaudit.model.docker import Container, Inventory, Link, PortBinding, RequestedPort
from netaudit.model.plan import AssumptionKind, PlannedInventory, assume
from netaudit.model.version import Version
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rules.effects import find_effects
from netaudit.plan.rules.planned import Certainty, plan_host, write_rules
from netaudit.plan.rules.port_order import (
    in_publishing_order,
    is_linked_settled,
    is_settled,
    with_linked_ports_in_order,
)
from netaudit.plan.rules.written import taken_for_granted
from netaudit.store import load

_DIES = "docker run -d --name hungry"  # the kernel ends it for want of memory
_UNSURE = (AssumptionKind.ENVIRONMENT, AssumptionKind.OPTION_DEFAULT)


def _steps() -> list[Step]:
    there = (step for scenario in scenarios() if "swarm" not in scenario.name for step in steps(scenario))
    explained = ("no-raw-rules", "29.0.0-iptables-nft/user-net-ipv6/01")  # docs/plan.md: not in the facts
    return [
        step
        for step in there
        if is_planned(step.do) and not step.do.startswith(_DIES) and not any(one in step.name for one in explained)
    ]


def _plan(step: Step) -> PlannedInventory:
    engine = StandIn(load(step.before), lambda _: ())
    for request in requests_of(step.do, engine.host):
        engine.handle(request)
    return engine.planned()


@pytest.mark.parametrize("step", every(60, _steps(), of_matrix=20), ids=lambda step: step.name)
def test_a_command_gives_the_rules_that_the_next_recording_shows(step: Step) -> None:
    before, after = snapshot(step.before), snapshot(step.after)
    planned = _plan(step)
    host = plan_host(before, planned, CATALOG)
    bind = make_bind(find_binding(planned, host.after, after, load(step.after)))
    assert differences(bound_ruleset(host.after.ruleset, bind), after.ruleset) == ()
    likely = any(one.certainty is Certainty.LIKELY for one in host.changes)
    assert likely == any(one.kind in _UNSURE for one in host.assumptions)


def test_an_sctp_port_of_a_new_engine_gets_no_rule_that_only_a_variable_asks_for() -> None:
    before = snapshot(RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01")
    assert before.inventory
    (web,) = before.inventory.containers
    sctp = PortBinding("sctp", "0.0.0.0", 9090, 90)
    again = replace(web, bindings=(*web.bindings, sctp), sandbox="another")
    after = replace(before.inventory, containers=(again,))
    written = write_rules(before, after, find_effects(before.inventory, after), CATALOG)
    assert {one.key[2] for one in written.rules} == {"raw", "nat", "filter"}


def test_of_several_requests_for_a_routed_port_the_exact_one_writes_its_rule() -> None:
    ports = (PortBinding("tcp", "0.0.0.0", 0, 5432), PortBinding("tcp", "0.0.0.0", 0, 9000))
    asked = (RequestedPort("tcp", 5432), RequestedPort("tcp", 9000), RequestedPort("tcp", 9000, 8050, 8050))
    web = Container("1", "web", running=True, bindings=ports, requested_ports=asked)
    assert [one.container_port for one in in_publishing_order(web, Version(28))] == [9000, 5432]


def test_ports_in_an_order_that_nobody_knows_are_an_assumption() -> None:
    before = snapshot(RECORDINGS / "26.1.5-iptables-nft" / "user-net" / "02")
    assert before.inventory
    (web,) = before.inventory.containers
    ports = (PortBinding("tcp", "", 8080, 443), PortBinding("tcp", "", 8443, 80))
    after = replace(before.inventory, containers=(replace(web, bindings=ports, sandbox="another"),))
    written = write_rules(before, after, find_effects(before.inventory, after), CATALOG)
    found = taken_for_granted(before, after, written)
    assert assume(AssumptionKind.PORT_ORDER, container="u1") in tuple(found)


def test_older_engines_write_one_port_after_another_with_the_bindings_of_each_as_inspection_lists_them() -> None:
    asked = {8000: [8005], 9000: [8010, 8050]}
    ports = [PortBinding("tcp", "", host, port) for port, hosts in asked.items() for host in hosts]
    web = Container("1", "web", running=True, bindings=tuple(ports))
    assert in_publishing_order(web, Version(26)) == (ports[1], ports[2], ports[0])
    assert in_publishing_order(web, Version(27)) == (ports[0], ports[1], ports[2])


@pytest.mark.parametrize(
    ("asked", "settled"),
    [
        ({("tcp", 80): [8080], ("tcp", 443): [8443]}, True),
        ({("tcp", 80): [8443], ("tcp", 443): [8080]}, False),
        ({("tcp", 443): [8050, 0], ("tcp", 7000): [0]}, False),  # 7000 is before one of 443, and after the other
        ({("tcp", 443): [8050, 8051], ("tcp", 7000): [9000]}, True),
        ({("tcp", 53): [53], ("udp", 53): [53]}, True),
        ({("tcp", 53): [53], ("udp", 53): [54]}, False),
        ({("sctp", 53): [53], ("udp", 53): [53]}, False),
    ],
)
def test_older_engines_know_no_order_of_ports_where_their_comparison_contradicts_itself(
    asked: dict[tuple[str, int], list[int]], *, settled: bool
) -> None:
    ports = [PortBinding(one[0], "", host or 32768, one[1]) for one, hosts in asked.items() for host in hosts]
    requested = [RequestedPort(*one, host, host) for one, hosts in asked.items() for host in hosts]
    web = Container("1", "web", running=True, bindings=tuple(ports), requested_ports=tuple(requested))
    assert is_settled(web, Version(26)) is settled
    assert is_settled(web, Version(27))


@pytest.mark.parametrize(
    ("exposed", "hosts", "order", "settled"),
    [
        (((7004, "udp"), (9000, "tcp")), {9000: 0}, [9000, 7004], True),
        (((53, "udp"), (80, "tcp"), (53, "tcp")), {}, [80, 53, 53], True),
        (((443, "tcp"), (80, "tcp")), {80: 8080}, [80, 443], False),  # the larger host port, and the smaller port
        (((443, "tcp"), (80, "tcp")), {443: 8443, 80: 8080}, [443, 80], True),
        (((53, "sctp"), (53, "udp")), {}, [53, 53], False),
    ],
)
def test_rules_for_links_stand_in_the_order_in_which_all_engines_sort_the_ports(
    exposed: tuple[tuple[int, str], ...], hosts: dict[int, int], order: list[int], *, settled: bool
) -> None:
    asked = tuple(RequestedPort("tcp", port, host, host) for port, host in hosts.items())
    bindings = tuple(PortBinding("tcp", "", host or 32768, port) for port, host in hosts.items())
    db = Container("1", "db", running=True, bindings=bindings, requested_ports=asked, exposed=exposed)
    web = Container("2", "web", running=True, links=(Link("db"),))
    ordered, _ = with_linked_ports_in_order(Inventory(containers=(db, web))).containers
    assert [port for port, _ in ordered.exposed] == order
    assert is_linked_settled(db) is settled


def test_a_rule_with_a_random_bridge_is_spelled_with_its_symbol() -> None:
    (step,) = (one for one in steps(RECORDINGS / "28.5.2-iptables-nft" / "two-nets") if one.name.endswith("/01"))
    host = plan_host(snapshot(step.before), _plan(step), CATALOG)
    texts = [one.text for one in host.changes if one.certainty is Certainty.SYMBOLIC]
    assert "-A DOCKER ! -i {bridge of nc} -o {bridge of nc} -j DROP" in texts
    assert not any(re.search("br-[0-9a-f]{12}", one.text) for one in host.changes)
