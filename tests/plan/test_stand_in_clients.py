"""Real clients of several versions speak to the stand-in: what they ask for, and how they end."""

import json
from pathlib import Path

import pytest
from plan.clients import NEWEST, VERSIONS, recorded, run, stand_in
from plan.inventories import containers, networks

from netaudit.errors import UsageError

pytestmark = pytest.mark.engine

_COMPOSE = [version for version in VERSIONS if version != "20.10.24"]  # Debian 12's Compose is of Python, and older
_ENGINES = ("20.10.24", "26.1.5", "28.5.2", "29.7.2")
_TOO_OLD = ("20.10.24", "29.7.2")  # this client, for this engine
_PROJECT = """
name: shop
services:
  web:
    image: nginx:1
    ports: ["${PORT:-8080}:80", "127.0.0.1:9000-9002:9000"]
    networks: [front, back]
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
  migrate: {image: "app:1", networks: [back]}
  db:
    extends: {file: base.yaml, service: database}
    volumes: ["data:/data"]
    networks: [back]
    healthcheck: {test: ["CMD", "true"]}
  debug: {image: "busybox:1", profiles: [debug], ports: ["6000"]}
networks:
  front: {}
  back: {internal: true, ipam: {config: [{subnet: 172.30.0.0/24}]}}
volumes: {data: {}}
"""
_BASE = "services: {database: {image: 'postgres:1', expose: ['5432']}}\n"
_RUNNING = {"/shop-db-1": True, "/shop-migrate-1": False, "/shop-web-1": True}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(_PROJECT)
    (tmp_path / "base.yaml").write_text(_BASE)
    (tmp_path / "variables").write_text("PORT=8088\n")
    return tmp_path


@pytest.mark.parametrize("engine_version", _ENGINES)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_client_runs_a_container_on_every_engine(version: str, engine_version: str) -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"), engine_version)
    for command in ("docker network create back", "docker run -it --rm --name web --network back -p 8080:80 nginx sh"):
        outcome = run(engine, command, version)
        if (version, engine_version) == _TOO_OLD:
            assert "client version 1.41 is too old. Minimum supported API version is 1.44" in outcome.error
            return
        assert (outcome.exit_code, outcome.error, outcome.late) == (0, "", False)
    planned = engine.planned()
    web = containers(planned.facts_after)["/web"]
    assert web["networks"]["back"][0][0] == "172.18.0.2"
    assert web["ports"] == {"80/tcp": [{"HostIp": one, "HostPort": "8080"} for one in ("0.0.0.0", "::")]}
    assert [str(one) for one in planned.symbols] == ["{bridge of back}"]


@pytest.mark.parametrize("version", _COMPOSE)
def test_a_project_lives_from_up_to_down(version: str, project: Path) -> None:
    facts = recorded("28.5.2-iptables-nft/fresh")
    seen = []
    for command in ("up -d", "restart", "stop", "start", "up", "down -v"):
        engine = stand_in(facts)
        outcome = run(engine, f"docker compose {command}", version, project)
        assert (outcome.exit_code, outcome.late) == (0, False), outcome.error
        facts = engine.planned().facts_after
        seen.append({name: one["running"] for name, one in containers(facts).items()})
        assert outcome.waited == (command == "up")
    stopped = dict.fromkeys(_RUNNING, False)
    assert seen == [_RUNNING, _RUNNING, stopped, _RUNNING, _RUNNING, {}]
    assert sorted(networks(facts)) == ["bridge", "host", "none"]


@pytest.mark.parametrize("version", _COMPOSE)
def test_compose_itself_merges_interpolates_and_chooses(version: str, project: Path) -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"))
    run(engine, "docker compose --profile debug --env-file variables -p other up -d", version, project)
    planned = engine.planned()
    found = containers(planned.facts_after)
    assert found["/other-web-1"]["ports"] == {
        "80/tcp": [{"HostIp": one, "HostPort": "8088"} for one in ("0.0.0.0", "::")],
        "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9000"}],
    }
    assert found["/other-db-1"]["ports"] == {}
    assert found["/other-debug-1"]["running"] is True
    assert networks(planned.facts_after)["other_back"]["pools"] == [("172.30.0.0/24", "")]
    assert {one.kind for one in planned.assumptions} >= {"ends", "stays-up"}


def test_the_same_project_gives_the_same_plan_each_time(project: Path) -> None:
    plans = []
    for _ in range(3):
        engine = stand_in(recorded("28.5.2-iptables-nft/fresh"))
        run(engine, "docker compose --profile debug up -d", NEWEST, project)
        plans.append(engine.planned())
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize("hook", ["post_start: [{command: ls}]", "pre_stop: [{command: ls}]"])
def test_a_project_with_hooks_is_refused_before_anything_is_asked(hook: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(f"services:\n  web:\n    image: nginx\n    {hook}\n")
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"))
    with pytest.raises(UsageError, match="service web is not planned: its"):
        run(engine, "docker compose up -d", NEWEST, tmp_path)
    assert [one for one in engine.requests if one.method == "POST"] == []


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("docker run --network container:k0 -p 80:80 nginx", 125, "port publishing and the container type network"),
        ("docker run --name k0 nginx", 125, 'The container name "/k0" is already in use'),
        ("docker run -p 8300:80 nginx", 125, "Bind for 0.0.0.0:8300 failed: port is already allocated"),
        ("docker run --network nowhere nginx", 125, "network nowhere not found"),
        ("docker network rm nf", 1, "has active endpoints"),
        ("docker rm k0", 1, "cannot remove container"),
        ("docker service create --name web nginx", 1, "This node is not a swarm manager"),
        ("docker start nowhere", 1, "No such container: nowhere"),
    ],
)
def test_a_client_shows_what_the_engine_refuses(command: str, code: int, message: str) -> None:
    engine = stand_in(recorded("28.5.2-iptables-nft/many", "02"))
    outcome = run(engine, command)
    assert outcome.exit_code == code
    assert message in outcome.error
    assert [one.message for one in engine.planned().refused if message in one.message]


_STACK = """
version: "3.8"
services:
  web: {image: "nginx:1", ports: ["8080:80"], networks: [front], deploy: {replicas: 2}}
  db: {image: "postgres:1", networks: [front]}
networks: {front: {driver: overlay}}
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stack_lives_from_deploy_to_rm(version: str, tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(_STACK)
    facts = recorded("28.5.2-iptables-nft/swarm", "01")
    seen = []
    for command in ("stack deploy -c stack.yaml shop", "service scale shop_web=1", "stack rm shop"):
        engine = stand_in(facts)
        outcome = run(engine, f"docker {command}", version, tmp_path)
        assert (outcome.exit_code, outcome.late) == (0, False), outcome.error
        facts = engine.planned().facts_after
        seen.append([name for name, one in containers(facts).items() if one["running"]])
    assert [sorted(one) for one in seen] == [
        ["/shop_db.1", "/shop_web.1", "/shop_web.2"],
        ["/shop_db.1", "/shop_web.1"],
        [],
    ]
    assert "shop_front" not in networks(facts)


@pytest.mark.parametrize("version", _COMPOSE)
def test_configs_and_secrets_that_compose_writes_into_containers_are_taken(version: str, tmp_path: Path) -> None:
    files = {"configs": {"app": {"content": "x"}}, "secrets": {"token": {"environment": "PATH"}}}
    service = {"image": "nginx", "configs": ["app"], "secrets": ["token"], "ports": ["8080:80"]}
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"web": service}, **files}))
    engine = stand_in(recorded("28.5.2-iptables-nft/fresh"))
    outcome = run(engine, "docker compose -p shop up -d", version, tmp_path)
    assert outcome.exit_code == 0
    assert containers(engine.planned().facts_after)["/shop-web-1"]["running"]


def test_what_the_engine_refuses_stands_alone_in_the_error_of_compose(tmp_path: Path) -> None:
    service = {"image": "nginx", "ports": ["8080:80"]}
    (tmp_path / "compose.yaml").write_text(json.dumps({"services": {"web": service, "app": service}}))
    outcome = run(stand_in(recorded("28.5.2-iptables-nft/fresh")), "docker compose up -d", folder=tmp_path)
    assert outcome.exit_code
    assert outcome.error.startswith("Error response from daemon: ")
