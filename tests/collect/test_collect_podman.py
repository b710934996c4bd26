"""Podman's own API is read where it answers, in Docker's place too; secrets are not kept."""

import msgspec
from collect_hosts import Engine

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.options import Where
from netaudit.collect.docker.engine import ask_engine
from netaudit.collect.podman.beside import without_docker
from netaudit.collect.podman.objects import ask_podman, ask_podman_objects
from netaudit.collect.podman.place import answers_for_docker, find_podman
from netaudit.model.facts import INVENTORY_SOURCES, Gap, GapReason, Source

VERSION = {"Version": "5.4.2", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine", "Version": "5.4.2"}]}
INFO = {"host": {"hostname": "secret", "networkBackendInfo": {"version": "netavark 1.14.0"}}, "store": {"x": "secret"}}
NETWORK = {"id": "bb", "name": "back", "network_interface": "podman1", "labels": {"a": "secret"}, "created": "2026"}
WEB = {
    "Id": "aa",
    "Name": "web",
    "Created": "2026-01-01T00:00:00Z",
    "OCIRuntime": "crun",
    "Config": {"Env": ["TOKEN=secret"], "CreateCommand": ["podman", "secret"]},
    "State": {"Running": True, "Pid": 3},
}
LISTED = {"Id": "aa", "Names": ["web"], "Ports": None, "PodName": "", "Command": ["secret"], "Status": "Up 3 seconds"}
ANSWERS = {
    "/libpod/info": INFO,
    "/libpod/networks/json": [NETWORK],
    "/libpod/containers/aa/json": WEB,
    "/libpod/containers/json": [LISTED],
    "/version": VERSION,
}


def _answers(engine: Engine, answers: dict[str, object]) -> list[Answer]:
    engine.start(answers)
    where = Where(docker_host=engine.url)
    place = find_podman(where, list(ask_engine(where)))
    return [*ask_podman(place), *ask_podman_objects(place)]


def test_podman_on_dockers_socket_is_asked_by_its_own_api_and_no_secret_is_kept(engine: Engine) -> None:
    said = {one.source: one.data for one in _answers(engine, ANSWERS) if isinstance(one, Answered)}
    assert list(said) == [Source.PODMAN_INFO, Source.PODMAN_NETWORKS, Source.PODMAN_CONTAINERS, Source.PODMAN_PS]
    assert not any(b"secret" in data for data in said.values())
    assert msgspec.json.decode(said[Source.PODMAN_NETWORKS])[0]["network_interface"] == "podman1"


def test_docker_is_not_taken_for_podman(engine: Engine) -> None:
    engine.start({"/version": {**VERSION, "Components": [{"Name": "Engine"}]}})
    assert not answers_for_docker(ask_engine(Where(docker_host=engine.url)))


def test_what_podman_does_not_answer_is_a_gap(engine: Engine) -> None:
    answers = _answers(engine, {path: said for path, said in ANSWERS.items() if "networks" not in path})
    lost = [one for one in answers if isinstance(one, Gap)]
    assert [(gap.source, gap.reason) for gap in lost] == [(Source.PODMAN_NETWORKS, GapReason.CRASHED)]


def test_where_podman_answers_in_dockers_place_docker_is_not_in_use() -> None:
    version = Answered(Source.DOCKER_VERSION, msgspec.json.encode({"Server": VERSION}))
    answers = (version, Answered(Source.PODMAN_INFO, b"{}"))
    left = without_docker(answers)
    assert left == (answers[1], *map(Unused, INVENTORY_SOURCES))


def test_docker_that_may_be_there_beside_podman_stays_a_gap() -> None:
    answers = (Gap(Source.DOCKER_VERSION, GapReason.DENIED), Answered(Source.PODMAN_INFO, b"{}"))
    assert without_docker(answers) == answers
