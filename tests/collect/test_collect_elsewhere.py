"""An engine that is not of this host: said aloud, and not taken for the maker of rules here."""

import hashlib
import json
from pathlib import Path

import pytest
from collect_hosts import Engine, Host

from netaudit.collect.asking.options import DEFAULT_DOCKER_HOST, Where
from netaudit.collect.docker.config import ask_daemon
from netaudit.collect.docker.engine import ask_engine, ask_objects
from netaudit.collect.docker.locality import why_not_local
from netaudit.model.facts import INVENTORY_SOURCES, Gap, GapReason

OTHER_HOST = "this engine is on another host, whose containers have no rules here"


@pytest.mark.parametrize("url", ["tcp://192.0.2.1:2376", "ssh://me@192.0.2.1", "https://[2001:db8::1]:2376"])
def test_an_engine_of_another_host_is_not_asked_and_each_source_says_so(url: str) -> None:
    where = Where(docker_host=url)
    gaps = [gap for answers in (ask_engine(where), ask_objects(where), ask_daemon(where)) for gap in answers]
    assert all(isinstance(gap, Gap) and gap.reason is GapReason.ABSENT and OTHER_HOST in gap.detail for gap in gaps)
    assert {gap.source for gap in gaps if isinstance(gap, Gap)} == set(INVENTORY_SOURCES)


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:2375", "ssh://root@localhost", "unix:///nowhere", "tcp://no-such-name.invalid:1", "fd://"]
)
def test_an_engine_that_may_be_here_is_left_to_the_questions(url: str) -> None:
    assert why_not_local(Where(docker_host=url)) == ""


@pytest.mark.kernel
def test_an_engine_in_another_network_namespace_has_its_rules_there(engine: Engine, host: Host) -> None:
    engine.start({}, host=host)
    why = f"this engine (process {engine.process.pid}) is in another network namespace, where its rules are"
    assert why_not_local(Where(docker_host=engine.url)) == why
    assert {gap.detail for gap in host.collect(docker_host=engine.url).gaps if why in gap.detail} == set()


# ---- which engine the docker command would talk to ----------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a user with a context named far."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    folder = tmp_path / "contexts" / "meta" / hashlib.sha256(b"far").hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": "far", "Metadata": {}, "Endpoints": {"docker": {"Host": "ssh://192.0.2.1", "SkipTLSVerify": False}}}
    (folder / "meta.json").write_text(json.dumps(meta))
    return tmp_path


def test_the_current_context_is_followed(config: Path) -> None:
    assert Where().docker_url() == DEFAULT_DOCKER_HOST
    (config / "config.json").write_text('{"auths": {}, "currentContext": "far"}')
    assert Where().docker_url() == "ssh://192.0.2.1"
    assert why_not_local(Where()) == OTHER_HOST
    assert Where(docker_host="unix:///mine").docker_url() == "unix:///mine"


def test_the_environment_goes_before_the_configuration(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    assert Where().docker_url() == "ssh://192.0.2.1"
    monkeypatch.setenv("DOCKER_HOST", "unix:///other")
    assert Where().docker_url() == "unix:///other"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    (config / "config.json").write_text('{"currentContext": "far"}')
    assert Where().docker_url() == DEFAULT_DOCKER_HOST


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": 5}', '{"currentContext": "gone"}', "\udcff"])
def test_a_configuration_that_cannot_be_read_names_no_context(config: Path, text: str) -> None:
    (config / "config.json").write_bytes(text.encode(errors="surrogateescape"))
    assert Where().docker_url() == DEFAULT_DOCKER_HOST
