"""A project that Compose printed as JSON: what is planned for it is what is planned for Compose itself."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from clients import client, recorded, run, stand_in
from inventories import containers, networks
from lab.clients import FOLDER
from live_plans.projects import random_project
from live_plans.there import There
from msgspec.structs import replace
from random_hosts.chance import Chance
from sampling import every

from netaudit.errors import PlanError, UsageError
from netaudit.model.facts import Source
from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.project.up import bring_up, read_project

pytestmark = pytest.mark.kernel
PROJECTS = Path(__file__).parents[1] / "live_plans" / "compose"
_NAMES = sorted(one.name for one in PROJECTS.iterdir())
_FRESH = {"28.5.2": "28.5.2-iptables-nft/fresh", "20.10.24": "20.10.24-iptables-nft/default-one-port"}


def printed(compose: Path) -> bytes:
    """Return what Compose prints of a project, nothing where it refuses it; it asks no engine for it."""
    client("28.5.2")
    program = FOLDER / "forky" / "usr" / "libexec" / "docker" / "cli-plugins" / "docker-compose"
    command = [program, "-f", compose, "-p", "shop", "config", "--format", "json"]
    return subprocess.run(command, capture_output=True, check=False, env={"PATH": os.environ["PATH"]}).stdout


def _planned(engine: StandIn) -> Any:
    planned = engine.planned()
    effects = [(one.kind, one.network_id, one.container_id) for one in planned.effects]
    after = planned.facts_after
    return networks(after), containers(after), effects, planned.symbols, planned.assumptions


def _agree(compose: Path, host: str) -> None:
    theirs, ours = stand_in(recorded(host)), stand_in(recorded(host))
    outcome = run(theirs, f"docker compose -f {compose} -p shop up -d")
    project = printed(compose)
    if outcome.exit_code == 0:
        bring_up(ours, read_project(project))
        assert _planned(ours) == _planned(theirs)
    elif project:
        with pytest.raises(PlanError):
            bring_up(ours, read_project(project))


@pytest.mark.parametrize("name", every(5, _NAMES))
def test_a_project_is_planned_as_compose_asks_for_it(name: str) -> None:
    _agree(PROJECTS / name / "compose.yaml", _FRESH["28.5.2"])


@pytest.mark.parametrize("seed", every(8, range(24)))
def test_any_project_is_planned_as_compose_asks_for_it(seed: int, tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text(json.dumps(random_project(Chance(seed), There())))
    _agree(compose, [*_FRESH.values()][seed % 2])


def _service(**more: Any) -> dict[str, Any]:
    return {"image": "busybox:local", **more}


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"ports": ["8080:80"]}, {"ports": ["8080:80"]}),
        ({"ports": ["8080:80"]}, {"ports": ["8081:80"]}),
        ({"ports": ["8080:80"]}, {"ports": ["8080:80"], "image": "busybox:other"}),
        ({"ports": ["80"]}, {"ports": ["80"], "scale": 2}),
        ({"scale": 3}, {"scale": 1}),
        ({"scale": 2}, {"scale": 1, "environment": {"A": "1"}}),
        ({"scale": 4}, {"scale": 2, "expose": ["99"]}),
        ({"expose": ["99"]}, {"networks": ["other"]}),
        ({}, {"network_mode": "host"}),
        ({"environment": {"A": "1"}}, {"environment": {"A": "2"}}),
        ({}, {"profiles": []}),
    ],
)
def test_what_is_there_is_kept_or_replaced_as_compose_does(
    first: dict[str, Any], then: dict[str, Any], tmp_path: Path
) -> None:
    compose = tmp_path / "compose.yaml"
    facts = recorded(_FRESH["28.5.2"])
    for settings in (first, then):
        project = {"services": {"web": _service(**settings)}, "networks": {"other": {}}}
        compose.write_text(json.dumps(project))
        theirs, ours = stand_in(facts), stand_in(facts)
        assert run(theirs, f"docker compose -f {compose} -p shop up -d").exit_code == 0
        bring_up(ours, read_project(printed(compose)))
        facts = theirs.planned().facts_after
        assert containers(ours.planned().facts_after) == containers(facts)


def test_a_container_without_the_hash_of_compose_is_kept_by_assumption(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text(json.dumps({"services": {"web": _service()}}))
    engine = stand_in(recorded(_FRESH["28.5.2"]))
    project = read_project(printed(compose))
    assert bring_up(engine, project) == ()
    assert bring_up(engine, project) == ()
    facts = engine.planned().facts_after
    hashed = facts.files[Source.DOCKER_CONTAINERS].replace(b"compose.config-hash", b"compose.other")
    engine = stand_in(replace(facts, files={**facts.files, Source.DOCKER_CONTAINERS: hashed}))
    assert [one.kind for one in bring_up(engine, project)] == [AssumptionKind.COMPOSE_KEEPS]


@pytest.mark.parametrize("seed", every(4, range(3, 15)))
def test_the_hashes_of_settings_are_those_that_compose_leaves(seed: int, tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    project = random_project(Chance(seed), There())
    project["services"] |= {
        "odd": _service(
            environment={"A": "<a> & \u2028 \u00e9"}, deploy={"replicas": 2, "labels": {"b": "c"}}, scale=2
        ),
        "near": _service(network_mode="service:odd", build=".", pull_policy="never", profiles=[]),
    }
    compose.write_text(json.dumps(project))
    theirs, ours = stand_in(recorded(_FRESH["28.5.2"])), stand_in(recorded(_FRESH["28.5.2"]))
    if run(theirs, f"docker compose -f {compose} -p shop up -d --no-build").exit_code:
        return
    bring_up(ours, read_project(printed(compose)))
    assert _hashes(ours) == _hashes(theirs)
    assert len(_hashes(ours)) > 3


def _hashes(engine: StandIn) -> set[tuple[str, str]]:
    """Return what is made with the hashes of its settings."""
    made = [request.fields() for request in engine.requests if request.endpoint.endswith("/create")]
    labels: list[Any] = [one["Labels"] for one in made]
    kinds = ("com.docker.compose.network", "com.docker.compose.service")
    return {("".join(one.get(kind, "") for kind in kinds), one["com.docker.compose.config-hash"]) for one in labels}


def test_a_network_with_other_settings_is_refused_and_an_external_one_must_be_there(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    engine = stand_in(recorded(_FRESH["28.5.2"]))
    for network, said in (({}, ""), ({"internal": True}, "other settings"), ({"external": True}, "could not be found")):
        compose.write_text(json.dumps({"services": {"web": _service(networks=["n"])}, "networks": {"n": network}}))
        project = read_project(printed(compose))
        if said:
            with pytest.raises(PlanError, match=said):
                bring_up(engine, project)
        else:
            bring_up(engine, project)


@pytest.mark.parametrize("text", ["services: {}", "[]", '{"name": "x"}', '{"name": "x", "services": {"a": 3}}'])
def test_what_is_no_project_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no Compose project as JSON"):
        read_project(text)
