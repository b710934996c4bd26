"""`netaudit watch` beside firewalld: dockerd has its commands run by it, and each change still has its own cause."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from lab.engine import Engine
from lab.firewalld import Firewalld
from lab.host import LabHost
from lab.image import IDLE
from lab.watched import Watched

from netaudit.model.history.change import CauseOf, LoggedChange

pytestmark = pytest.mark.engine
_ENGINES = {"nftables": "20.10.24", "iptables": "28.5.2"}  # of each of firewalld's backends one
Causes = set[tuple[CauseOf, str]]


class Scene(NamedTuple):
    firewalld: Firewalld
    engine: Engine
    log: Watched


@pytest.fixture(scope="module", params=_ENGINES)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    store = tmp_path_factory.mktemp("watch") / "history.sqlite"
    with (
        LabHost(uplink=True) as host,
        Firewalld(host, request.param) as firewalld,
        Engine(host, _ENGINES[request.param]) as engine,
    ):
        assert "irewalld" in engine.log()  # it knows that it is there
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        with Watched(host, store) as log:
            log.new()
            yield Scene(firewalld, engine, log)


def causes(lines: list[LoggedChange]) -> Causes:
    """Return what brought lines about, without those that say that a process had ended before it could be asked."""
    found = {(one.cause.kind, one.cause.name) for one in lines}
    return found - {(CauseOf.OPERATOR, "")}


def test_a_reload_is_firewallds_with_all_that_the_engine_writes_again_after_it(scene: Scene) -> None:
    lines = scene.log.after(scene.firewalld.command("firewall-cmd", "--reload"))
    lines += scene.log.new()
    assert causes(lines) == {(CauseOf.PROGRAM, "firewalld")}
    assert sum(one.rewritten for one in lines) > 50
    assert all(
        "firewalld" in f"{one.writer.name} {one.writer.parent}" for one in lines if one.cause.name and one.writer
    )


def test_a_port_that_is_opened_in_firewalld_is_firewallds(scene: Scene) -> None:
    lines = scene.log.after(scene.firewalld.command("firewall-cmd", "--zone=public", "--add-port=8443/tcp"))
    assert causes(lines) == {(CauseOf.PROGRAM, "firewalld")}
    added = [rule.text for one in lines for rule in one.rules if rule.change == "added"]
    assert added
    assert all("8443" in text for text in added)


def test_what_firewalld_runs_for_a_container_is_the_containers(scene: Scene) -> None:
    lines = scene.log.after(("docker", "run", "-d", "--name", "db", "-p", "5432:5432", *IDLE))
    assert causes(lines) == {(CauseOf.CONTAINER, "db")}
    assert sum(one.count("added") for one in lines) >= 3
    lines = scene.log.after(("docker", "rm", "-f", "db"))
    assert causes(lines) == {(CauseOf.CONTAINER, "db")}


def test_docker_rules_of_an_engine_that_restarts_are_the_engines(scene: Scene) -> None:
    scene.engine.restart()
    lines = scene.log.new()
    of_docker = [one for one in lines for rule in one.rules if rule.maker == "docker"]
    assert causes(of_docker) <= {(CauseOf.ENGINE, ""), (CauseOf.CONTAINER, "web")}
    assert (CauseOf.ENGINE, "") in causes(lines)
    assert {name for one in lines for name, _ in one.cause.events if one.cause.kind is CauseOf.ENGINE} == {
        "start",
        "stop",
    }
