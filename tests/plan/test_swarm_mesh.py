"""Ports of a swarm's services: in host mode they are a container's, through the routing mesh dockerd's own rules."""

from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.api.plans import PlanContext, try_requests
from netaudit.model.engine_request import EngineRequest
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.facts import Facts, Source
from netaudit.model.plan import AssumptionKind
from netaudit.packets.exposure.table import expose
from netaudit.plan.planned import Planned
from netaudit.plan.rules.planned import Certainty
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
CONTEXT = PlanContext(netaudit.load_auditor())
ENGINES = ("20.10.24", "26.1.5", "28.5.2")
JUMP = {"20.10.24": "FORWARD", "26.1.5": "FORWARD", "28.5.2": "DOCKER-FORWARD"}


def _facts(engine: str) -> Facts:
    return load(RECORDINGS / f"{engine}-iptables-nft" / "swarm" / "01")


def _create(mode: str, published: object = 8080, name: str = "web", target: object = 80) -> EngineRequest:
    port = {"Protocol": "tcp", "TargetPort": target, "PublishedPort": published, "PublishMode": mode}
    template = {"ContainerSpec": {"Image": "nginx"}}
    body = {"Name": name, "TaskTemplate": template, "EndpointSpec": {"Ports": [port]}}
    return EngineRequest("POST", "/services/create", (), body)


def _plan(facts: Facts, *requests: EngineRequest) -> Planned:
    return try_requests(facts, requests, "a plan", CONTEXT)


def _added(plan: Planned, table: str, chain: str) -> list[str]:
    found = [one for one in plan.rules or () if (one.change.item.table, one.change.item.chain) == (table, chain)]
    return [one.text for one in found if one.change.item.object == "rule"]


def _from_outside(plan: Planned, port: int) -> set[Outcome]:
    return {
        one.outcome
        for one in expose(plan.after, plan.after.program)
        if one.zone.kind is ZoneKind.INTERNET and one.destination.address == "0.0.0.0"
        if one.destination.ports == ((port, port),)
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_port_on_the_mesh_gets_what_dockerd_writes_on_the_host_with_its_first_one(engine: str) -> None:
    plan = _plan(_facts(engine), _create("ingress"))
    dnat = "-A DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080"
    assert _added(plan, "nat", "DOCKER-INGRESS") == [dnat, "-A DOCKER-INGRESS -j RETURN"]
    accept, replies, end = _added(plan, "filter", "DOCKER-INGRESS")
    assert (accept, end) == ("-A DOCKER-INGRESS -p tcp -m tcp --dport 8080 -j ACCEPT", "-A DOCKER-INGRESS -j RETURN")
    assert "--sport 8080" in replies
    assert _added(plan, "filter", JUMP[engine]) == [f"-A {JUMP[engine]} -j DOCKER-INGRESS"]
    sure = {one.text: one.certainty for one in plan.rules or ()}
    assert sure[dnat] is Certainty.LIKELY
    assert AssumptionKind.ROUTING_MESH in {one.kind for one in plan.assumptions}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_host_lets_to_the_mesh_may_arrive_and_what_it_stops_does_not(engine: str) -> None:
    facts = _facts(engine)
    assert _from_outside(_plan(facts, _create("ingress")), 8080) == {Outcome.MAY}
    saved = facts.files[Source.IPTABLES_NFT].decode()
    own = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n"
    shut = msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: (saved + own).encode()})
    assert _from_outside(_plan(shut, _create("ingress")), 8080) == {Outcome.BLOCKED}


@pytest.mark.parametrize("engine", ENGINES)
def test_in_host_mode_the_answer_is_definite(engine: str) -> None:
    plan = _plan(_facts(engine), _create("host"))
    assert _added(plan, "nat", "DOCKER-INGRESS") == []
    assert _from_outside(plan, 8080) == {Outcome.ALLOWED}


@pytest.mark.parametrize("engine", ENGINES)
def test_in_host_mode_on_an_overlay_network_the_answer_is_definite_too(engine: str) -> None:
    network = EngineRequest("POST", "/networks/create", (), {"Name": "ov", "Driver": "overlay"})
    create = _create("host")
    template = dict(create.fields())["TaskTemplate"] | {"Networks": [{"Target": "ov"}]}
    service = EngineRequest("POST", "/services/create", (), {**create.fields(), "TaskTemplate": template})
    facts = _facts(engine)
    plan = _plan(facts, network, service)
    dnat = "-A DOCKER ! -i docker_gwbridge -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.3:80"
    assert _added(plan, "nat", "DOCKER") == [dnat]
    assert _from_outside(plan, 8080) == {Outcome.ALLOWED}
    assert all(one.certainty is Certainty.EXACT for one in plan.rules or ())
    saved = facts.files[Source.IPTABLES_NFT].decode()
    own = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n"
    shut = msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: (saved + own).encode()})
    assert _from_outside(_plan(shut, network, service), 8080) == {Outcome.BLOCKED}


def test_a_port_that_swarm_gives_is_a_symbol_and_a_removed_service_leaves_none() -> None:
    plan = _plan(_facts("28.5.2"), _create("ingress", 0))
    assert any("--dport {port of web 80/tcp}" in text for text in _added(plan, "nat", "DOCKER-INGRESS"))
    gone = _plan(_facts("28.5.2"), _create("ingress"), EngineRequest("DELETE", "/services/web"))
    assert _added(gone, "nat", "DOCKER-INGRESS") == []


def test_a_port_that_swarm_gives_is_none_that_another_service_asks_for_and_stays_after_an_update() -> None:
    """The number that stands for it is no number of another's: else that one's rules would be spelled as this one."""
    created = _create("ingress", 0)
    update = EngineRequest("POST", "/services/web/update", (), created.body)
    asked = [_create("ingress", port, f"other{port}") for port in (30000, 30001)]
    for requests in ([created, *asked], [*asked, created], [created, update, *asked, update]):
        plan = _plan(_facts("28.5.2"), *requests)
        assert plan.refused == ()
        assert [one.name for one in plan.symbols if one.name.startswith("port of")] == ["port of web 80/tcp"]
        rules = " ".join(_added(plan, "nat", "DOCKER-INGRESS"))
        assert all(f"--dport {port} " in rules for port in ("30000", "30001", "{port of web 80/tcp}"))


def test_a_port_that_is_no_number_of_a_port_is_refused() -> None:
    for request in (_create("ingress", "80a"), _create("host", 65536), _create("ingress", 80, target="x")):
        (refused,) = _plan(_facts("28.5.2"), request).refused
        assert (refused.status, refused.message.partition(":")[0].split()[0]) == (400, "invalid")
