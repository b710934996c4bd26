"""From a command's requests to rules: what the next recording shows, once its symbols are bound to what really came."""

import re

import pytest
from msgspec.structs import replace
from plan.client_requests import is_planned, requests_of
from plan.recorded import CATALOG, RECORDINGS, Step, differences, scenarios, snapshot, steps
from sampling import every

from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import Chain, NamedSet, Ruleset, Table
from netaudit.model.plan import AssumptionKind, PlannedInventory, SymbolKind, assume
from netaudit.model.snapshot import Snapshot
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rules.effects import find_effects
from netaudit.plan.rules.planned import Certainty, plan_host, write_rules
from netaudit.plan.rules.written import taken_for_granted
from netaudit.store import load

_DIES = "docker run -d --name hungry"  # the kernel ends it for want of memory


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
    binding = _binding(planned, host.after, after)
    assert differences(_bound(host.after.ruleset, binding), after.ruleset) == ()
    likely = any(one.certainty is Certainty.LIKELY for one in host.changes)
    unknown = (AssumptionKind.ENVIRONMENT, AssumptionKind.OPTION_DEFAULT)
    assert likely == any(one.kind in unknown for one in host.assumptions)


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


def _binding(planned: PlannedInventory, host: Snapshot, real: Snapshot) -> dict[str, str]:
    """Bind symbols: a bridge by the name of its network, a port by its container, one value for one symbol."""
    assert host.inventory
    assert real.inventory
    bridges = {network.name: network.bridge for network in real.inventory.networks}
    found = {
        one.bridge: bridges[one.name] for one in host.inventory.networks if bridges.get(one.name, "") != one.bridge
    }
    symbols = {one.example for one in planned.symbols if one.kind is SymbolKind.HOST_PORT}
    there = {one.name: one for one in real.inventory.containers}
    for container in host.inventory.containers:
        for one, other in zip(container.bindings, there[container.name].bindings, strict=True):
            if str(one.host_port) in symbols:
                assert found.setdefault(str(one.host_port), str(other.host_port)) == str(other.host_port)
    assert len(set(found.values())) == len(found)
    return found


def _bound(ruleset: Ruleset, binding: dict[str, str]) -> Ruleset:
    if not binding:
        return ruleset
    pattern = re.compile(rf"(?<![0-9a-f])(?:{'|'.join(map(re.escape, binding))})(?![0-9])")

    def bind(text: str) -> str:
        return pattern.sub(lambda found: binding[found[0]], text)

    def chain(one: Chain) -> Chain:
        return replace(one, name=bind(one.name), rules=tuple(replace(rule, text=bind(rule.text)) for rule in one.rules))

    def named(one: NamedSet) -> NamedSet:
        return replace(one, elements=tuple(map(bind, one.elements)))

    def table(one: Table) -> Table:
        return replace(one, chains=tuple(map(chain, one.chains)), sets=tuple(map(named, one.sets)))

    return Ruleset(tuple(map(table, ruleset.tables)))
