"""From a command's requests to rules: what the next recording shows, once its symbols are bound to what really came."""

import re

import pytest
from live_plans.binding import bound_ruleset, find_binding, make_bind
from msgspec.structs import replace
from plan.client_requests import is_planned, requests_of
from plan.recorded import CATALOG, RECORDINGS, Step, differences, scenarios, snapshot, steps
from sampling import every

from netaudit.model.docker import PortBinding
from netaudit.model.plan import AssumptionKind, PlannedInventory, assume
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rules.effects import find_effects
from netaudit.plan.rules.planned import Certainty, plan_host, write_rules
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


@pytest.mark.parametrize("step", every(60, _steps()), ids=lambda step: step.name)
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


def test_ports_in_an_order_that_nobody_knows_are_an_assumption() -> None:
    before = snapshot(RECORDINGS / "26.1.5-iptables-nft" / "user-net" / "02")
    assert before.inventory
    (web,) = before.inventory.containers
    ports = (PortBinding("tcp", "", 8080, 443), PortBinding("tcp", "", 8443, 80))
    after = replace(before.inventory, containers=(replace(web, bindings=ports, sandbox="another"),))
    written = write_rules(before, after, find_effects(before.inventory, after), CATALOG)
    found = taken_for_granted(before, after, written)
    assert assume(AssumptionKind.PORT_ORDER, container="u1") in tuple(found)


def test_a_rule_with_a_random_bridge_is_spelled_with_its_symbol() -> None:
    (step,) = (one for one in steps(RECORDINGS / "28.5.2-iptables-nft" / "two-nets") if one.name.endswith("/01"))
    host = plan_host(snapshot(step.before), _plan(step), CATALOG)
    texts = [one.text for one in host.changes if one.certainty is Certainty.SYMBOLIC]
    assert "-A DOCKER ! -i {bridge of nc} -o {bridge of nc} -j DROP" in texts
    assert not any(re.search("br-[0-9a-f]{12}", one.text) for one in host.changes)
