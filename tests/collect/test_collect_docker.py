"""What an engine says, and what it means when it does not."""

import json

import pytest
from collect_hosts import Engine

from netaudit.collect.asking.answer import Answer, Answered
from netaudit.collect.asking.options import Where
from netaudit.collect.docker.engine import ask_engine, ask_objects
from netaudit.model.facts import Gap, GapReason, Source

VERSION = {"Version": "29.0.0", "ApiVersion": "1.52", "MinAPIVersion": "1.44", "BuildTime": "today"}
WEB = {
    "Id": "aa",
    "Name": "/web",
    "Created": "2026-01-02T00:00:00Z",
    "Image": "sha256:11",
    "Args": ["--password=secret"],
    "Path": "secret",
    "Mounts": [{"Source": "/secret"}, {"Source": "/run/docker.sock", "Destination": "/d.sock", "Mode": "secret"}],
    "State": {"Running": True, "Pid": 42, "Health": {"Log": [{"Output": "secret"}]}},
    "Config": {
        "Image": "web:1",
        "Env": ["TOKEN=secret"],
        "Cmd": ["secret"],
        "Labels": {
            "key": "secret",
            "netaudit.waive.docker-socket-mounted": "reason=It is the proxy",
            "com.docker.compose.project": "shop",
            "com.docker.compose.project.working_dir": "/secret",
        },
        "ExposedPorts": {"80/tcp": {}},
    },
    "HostConfig": {
        "NetworkMode": "front",
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
        "Binds": ["/secret:/secret"],
    },
    "NetworkSettings": {
        "Ports": {"80/tcp": [{"HostIp": "198.51.100.7", "HostPort": "8080"}]},
        "Networks": {"front": {"NetworkID": "bb", "IPAddress": "192.0.2.2", "DriverOpts": {"key": "secret"}}},
    },
}
OLDER = {"Id": "cc", "Name": "/older", "Created": "2026-01-01T00:00:00Z", "Config": None}
FRONT = {
    "Name": "front",
    "Id": "bb",
    "Created": "2026-01-01T00:00:00Z",
    "Driver": "bridge",
    "Options": {"com.docker.network.bridge.name": "br-front"},
    "Labels": {"key": "secret", "com.docker.compose.network": "front"},
    "Containers": {"aa": {"Name": "web", "IPv4Address": "192.0.2.2/24", "Extra": "secret"}},
}
INFO = {
    "ID": "1",
    "ServerVersion": "29.0.0",
    "HttpProxy": "http://user:secret@proxy",
    "Labels": ["key=secret"],
    "FirewallBackend": {"Driver": "nftables", "Info": [["ReloadedAt", "now"]]},
    "Swarm": {"LocalNodeState": "inactive", "JoinTokens": {"Worker": "secret"}},
}
ENGINE: dict[str, object] = {
    "/version": VERSION,
    "/info": INFO,
    "/networks": [{"Id": "bb"}, {"Id": "gone"}],
    "/networks/bb": FRONT,
    "/containers/json": [{"Id": "aa"}, {"Id": "gone"}, {"Id": "cc"}],
    "/containers/aa/json": WEB,
    "/containers/cc/json": OLDER,
}
SOURCES = [Source.DOCKER_VERSION, Source.DOCKER_INFO, Source.DOCKER_NETWORKS, Source.DOCKER_CONTAINERS]


@pytest.fixture(autouse=True)
def _no_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)


def test_named_fields_are_kept_and_no_secret_is(engine: Engine) -> None:
    engine.start(ENGINE)
    answers = {answer.source: json.loads(answer.data) for answer in _ask(engine) if isinstance(answer, Answered)}
    assert answers == {
        "docker-version.json": {"Server": {"Version": "29.0.0", "ApiVersion": "1.52", "MinAPIVersion": "1.44"}},
        "docker-info.json": {
            "ID": "1",
            "ServerVersion": "29.0.0",
            "FirewallBackend": {"Driver": "nftables", "Info": [["ReloadedAt", "now"]]},
            "Swarm": {"LocalNodeState": "inactive"},
        },
        "docker-networks.json": [
            {
                "Name": "front",
                "Id": "bb",
                "Created": "2026-01-01T00:00:00Z",
                "Driver": "bridge",
                "Options": {"com.docker.network.bridge.name": "br-front"},
                "Labels": {"com.docker.compose.network": "front"},
                "Containers": {"aa": {"Name": "web", "IPv4Address": "192.0.2.2/24"}},
            }
        ],
        "docker-containers.json": [
            {"Id": "cc", "Name": "/older", "Created": "2026-01-01T00:00:00Z", "Config": None},
            {
                "Id": "aa",
                "Name": "/web",
                "Created": "2026-01-02T00:00:00Z",
                "Image": "sha256:11",
                "State": {"Running": True, "Pid": 42},
                "Mounts": [{"Source": "/run/docker.sock", "Destination": "/d.sock"}],
                "Config": {
                    "Image": "web:1",
                    "ExposedPorts": {"80/tcp": {}},
                    "Labels": {
                        "netaudit.waive.docker-socket-mounted": "reason=It is the proxy",
                        "com.docker.compose.project": "shop",
                    },
                },
                "HostConfig": {
                    "NetworkMode": "front",
                    "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
                },
                "NetworkSettings": {
                    "Ports": {"80/tcp": [{"HostIp": "198.51.100.7", "HostPort": "8080"}]},
                    "Networks": {"front": {"NetworkID": "bb", "IPAddress": "192.0.2.2"}},
                },
            },
        ],
    }


def test_without_a_socket_every_source_is_absent(engine: Engine) -> None:
    why = f"{engine.url}: there is no such socket"
    assert list(_ask(engine)) == [Gap(source, GapReason.ABSENT, why) for source in SOURCES]


def test_a_socket_that_nobody_listens_on_is_a_crash(engine: Engine) -> None:
    engine.start(ENGINE)
    engine.stop()
    why = f"{engine.url}: nothing listens on this socket"
    assert list(_ask(engine)) == [Gap(source, GapReason.CRASHED, why) for source in SOURCES]


@pytest.mark.matrix
def test_an_engine_that_does_not_answer_is_a_time_out(engine: Engine) -> None:
    engine.start({"/version": (200, "{}", 5)})
    why = f"{engine.url}: the engine did not answer in time"
    assert _ask(engine, 1) == [Gap(source, GapReason.TIMEOUT, why) for source in SOURCES]


@pytest.mark.parametrize("body", ['{"Version": "29', "<html>", "", "[]"])
def test_an_engine_that_speaks_something_else_is_invalid(engine: Engine, body: str) -> None:
    engine.start({"/version": (200, body, 0)})
    assert {answer.reason for answer in _ask(engine) if isinstance(answer, Gap)} == {GapReason.INVALID}


@pytest.mark.matrix
def test_an_engine_that_never_ends_its_answer_is_a_time_out(engine: Engine) -> None:
    engine.start({**ENGINE, "/containers/json": (200, "[" + " " * 1000, -0.1)})
    where = Where(docker_host=engine.url, timeout=2)
    (gap,) = [answer for answer in ask_objects(where) if isinstance(answer, Gap)]
    assert (gap.source, gap.reason) == (Source.DOCKER_CONTAINERS, GapReason.TIMEOUT)


def test_an_engine_that_is_too_new_for_every_question_says_so_itself(engine: Engine) -> None:
    refusal = (400, '{"message": "client version is too old. Minimum supported API version is 9.99"}', 0.0)
    engine.start({"/version": {"ApiVersion": "9.99"}, "/json": refusal, "/networks": refusal, "/info": refusal})
    gaps = [answer for answer in _ask(engine) if isinstance(answer, Gap)]
    assert [gap.source for gap in gaps] == SOURCES[1:]
    assert all("the engine says: client version is too old" in gap.detail for gap in gaps)


def test_one_question_that_fails_is_one_gap(engine: Engine) -> None:
    engine.start(ENGINE | {"/networks": (500, '{"message": "the store is locked"}', 0), "/info": (200, "{", 0)})
    answers = list(_ask(engine))
    assert [type(answer) for answer in answers] == [Answered, Gap, Gap, Answered]
    assert [(gap.reason, gap.detail) for gap in answers if isinstance(gap, Gap)] == [
        (GapReason.INVALID, f"{engine.url}: the answer is not what an engine says: Input data was truncated"),
        (GapReason.CRASHED, f"{engine.url}: the engine says: the store is locked"),
    ]


def test_a_container_that_cannot_be_inspected_is_told_and_the_others_are_kept(engine: Engine) -> None:
    engine.start(ENGINE | {"/containers/aa/json": (500, '{"message": "no"}', 0)})
    _, _, _, said, gap = _ask(engine)
    assert isinstance(said, Answered)
    assert [kept["Id"] for kept in json.loads(said.data)] == ["cc"]
    why = "1 of 3 could not be read: the engine says: no"
    assert gap == Gap(Source.DOCKER_CONTAINERS, GapReason.PARTIAL, f"{engine.url}: {why}")


def test_where_no_container_can_be_inspected_the_whole_list_is_a_gap(engine: Engine) -> None:
    refusal = (500, '{"message": "no"}', 0.0)
    engine.start(ENGINE | {"/containers/aa/json": refusal, "/containers/cc/json": refusal})
    assert _ask(engine)[3:] == [Gap(Source.DOCKER_CONTAINERS, GapReason.CRASHED, f"{engine.url}: the engine says: no")]


def _ask(engine: Engine, timeout: float = 20) -> list[Answer]:
    where = Where(docker_host=engine.url, timeout=timeout)
    return sorted((*ask_engine(where), *ask_objects(where)), key=lambda answer: SOURCES.index(Source(answer.source)))
