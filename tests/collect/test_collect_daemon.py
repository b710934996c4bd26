"""Which dockerd serves, with which options; and which of its words are nobody's business."""

import json

import pytest
from collect_hosts import Engine, Host

from netaudit.collect.asking.answer import Answered
from netaudit.collect.asking.options import Where
from netaudit.collect.docker.config import ask_daemon, hide_secrets
from netaudit.model.facts import Gap, GapReason, Source

ARGV, CONFIG = Source.DOCKERD_ARGV, Source.DAEMON_JSON


@pytest.mark.parametrize("spelling", [["--config-file={}"], ["--debug", "--config-file", "{}"]])
def test_the_daemon_behind_the_socket_is_read_with_its_own_configuration(engine: Engine, spelling: list[str]) -> None:
    config = engine.folder / "our.json"
    config.write_text('{"iptables": false, "bip": "192.0.2.1/24", "log-opts": {"token": "secret"}}')
    engine.start({}, *(word.format(config) for word in spelling), "--http-proxy", "http://u:secret@proxy")
    argv, kept = ask_daemon(Where(docker_host=engine.url))
    assert isinstance(argv, Answered)
    assert isinstance(kept, Answered)
    assert argv.data.decode().splitlines()[-2:] == ["--http-proxy", "…"]
    assert json.loads(kept.data) == {"iptables": False, "bip": "192.0.2.1/24"}


def test_values_that_may_be_secret_are_hidden_and_options_that_follow_are_not() -> None:
    argv = ["dockerd", "--http-proxy=http://u:p@h", "--log-opt", "token=s", "--tls", "--seccomp-profile", "-H"]
    argv += ["unix:///run/docker.sock", "--userland-proxy=false", "--label", "--icc=false", "--no-proxy", "a"]
    assert list(hide_secrets(argv)) == [
        "dockerd",
        "--http-proxy=…",
        "--log-opt",
        "…",
        "--tls",
        "--seccomp-profile",
        "-H",
        "unix:///run/docker.sock",
        "--userland-proxy=false",
        "--label",
        "--icc=false",
        "--no-proxy",
        "…",
    ]


def test_without_a_configuration_file_the_defaults_are_known(engine: Engine) -> None:
    engine.start({}, f"--config-file={engine.folder}/none.json")
    assert [type(answer).__name__ for answer in ask_daemon(Where(docker_host=engine.url))] == ["Answered", "Unused"]


@pytest.mark.parametrize("text", ["{", "[]", "\udcff"])
def test_a_configuration_file_that_is_not_json_is_invalid(engine: Engine, text: str) -> None:
    config = engine.folder / "our.json"
    config.write_bytes(text.encode(errors="surrogateescape"))
    engine.start({}, f"--config-file={config}")
    _, answer = ask_daemon(Where(docker_host=engine.url))
    assert isinstance(answer, Gap)
    assert (answer.source, answer.reason) == (CONFIG, GapReason.INVALID)


@pytest.mark.kernel
def test_without_a_dockerd_in_this_network_both_sources_are_absent(host: Host, engine: Engine) -> None:
    engine.start({})  # in another network than the host
    gaps = {gap.source: (gap.reason, gap.detail) for gap in host.collect().gaps}
    absent = (GapReason.ABSENT, "no dockerd runs in this network namespace")
    assert (gaps[ARGV], gaps[CONFIG]) == (absent, absent)


@pytest.mark.kernel
def test_the_only_dockerd_of_this_network_is_taken_where_the_socket_does_not_tell(host: Host, engine: Engine) -> None:
    engine.start({}, "--config-file=/none.json", "--icc=false", host=host)
    facts = host.collect()
    assert facts.files[ARGV].decode().splitlines()[-2:] == ["--config-file=/none.json", "--icc=false"]
    assert CONFIG in facts.unused


@pytest.mark.kernel
def test_of_several_dockerd_none_is_guessed(host: Host, engine: Engine) -> None:
    engine.start({}, host=host)
    second = host.start(str(engine.folder / "dockerd"), "-S", "-E", "-c", "import time; time.sleep(1000)")
    host.run("sh", "-c", f"until grep -qx dockerd /proc/{second.pid}/comm; do sleep 0.02; done")
    pids = ", ".join(map(str, sorted((engine.process.pid, second.pid))))
    gaps = {gap.source: (gap.reason, gap.detail) for gap in host.collect().gaps}
    assert gaps[ARGV] == (GapReason.PARTIAL, f"several dockerd run here (processes {pids}): which one serves?")
