"""`netaudit audit` as a program: exit codes, formats, configuration, errors in one line."""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from netaudit.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDINGS = REPOSITORY / "tests" / "recordings"
BAD = str(RECORDINGS / "bad" / "docker-user-names-host-port" / "before")
CLEAN = str(RECORDINGS / "bad" / "nothing-wrong" / "before")


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run netaudit in this process: a hundred starts of Python would take longer than all they do."""

    def running(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["netaudit", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capfd.readouterr())

    yield running
    gc.enable()


@pytest.fixture
def audit(run: Run) -> Run:
    return lambda *arguments: run("audit", "--no-exposure", *arguments)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((CLEAN,), 4),  # without exposure a bar of `high` is not passed
        ((CLEAN, "--exposure"), 0),
        ((CLEAN, "--fail-on", "critical"), 0),
        ((BAD,), 1),
        ((BAD, "--fail-on", "critical"), 0),
        ((BAD, "--fail-on", "none"), 0),
        ((CLEAN, "--fail-on", "info"), 1),
        ((BAD, "--format", "sarif"), 0),
        ((BAD, "--skip", "docker-user-matches-host-port"), 4),
        ((BAD, "--skip", "docker-user-matches-host-port", "--exposure"), 0),
        ((BAD, "--skip", "docker-user-matches-host-port", "--format", "sarif"), 0),
        ((CLEAN, "--strict"), 4),
        ((BAD, "--skip", "nothing"), 2),
        ((BAD, "--fail-on", "grave"), 2),
        ((BAD, "--sensitive-port", "x"), 2),
        ((BAD, "--config", "nowhere.toml"), 2),
        (("nowhere",), 3),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, audit: Run) -> None:
    done = audit(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_gate_whose_checks_were_not_put_says_which(audit: Run) -> None:
    done = audit(CLEAN)
    assert "container-open-past-its-bindings" in done.stderr
    assert "leave out --no-exposure" in done.stderr
    assert audit(CLEAN, "--fail-on", "none").stderr == ""


def test_a_gate_that_docker_did_not_answer_does_not_pass_without_a_word(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "rules.txt"
    rules.write_text("*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n")
    done = run("audit", str(rules), "--fail-on", "critical")
    assert done.returncode == 0
    assert "without an answer could have failed this audit" in done.stderr
    assert run("audit", str(rules), "--fail-on", "critical", "--strict").returncode == 4
    assert run("audit", str(rules), "--fail-on", "critical", "--no-exposure").returncode == 4


def test_what_is_undecided_names_the_gap(audit: Run) -> None:
    done = audit(BAD, "--format", "json")
    (undecided,) = [
        one for one in json.loads(done.stdout)["undecided"] if one["check"] == "published-port-open-to-world"
    ]
    assert undecided["facts"] == ["reachable_from"]
    assert undecided["because"] == ["the exposure table: not asked for"]


def test_a_baseline_of_itself_passes(tmp_path: Path, audit: Run) -> None:
    baseline = tmp_path / "baseline.json"
    assert audit(BAD, "--format", "json", "-o", str(baseline)).returncode == 1
    done = audit(BAD, "--baseline", str(baseline), "--fail-on", "critical")
    assert done.returncode == 0
    assert "0 new findings" in done.stdout


def test_netaudit_toml_in_the_working_directory_is_read_and_options_win(
    tmp_path: Path, audit: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "netaudit.toml").write_text('fail-on = "critical"\nexposure = false\nchecks = ["own"]\n')
    (tmp_path / "own").mkdir()
    check = (REPOSITORY / "rules" / "checks" / "host-network-container.yaml").read_text()
    own = check.replace("condition: host_network", 'condition: container == "web"')
    own = own.replace("{host_network: true}", "{container: web}").replace("{host_network: false}", "{container: db}")
    (tmp_path / "own" / "is-the-web.yaml").write_text(own)
    assert audit(BAD).returncode == 0
    done = audit(BAD, "--fail-on", "high", "--format", "json")
    assert done.returncode == 1
    assert "is-the-web" in {one["check"] for one in json.loads(done.stdout)["findings"]}


def test_an_error_in_a_check_names_file_line_and_key(tmp_path: Path, audit: Run) -> None:
    check = (REPOSITORY / "rules" / "checks" / "host-network-container.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(check.replace("severity: high", "severity: grave"))
    done = audit(BAD, "--checks", str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.startswith(f"netaudit: {tmp_path}/mine.yaml:4: severity: Invalid enum value 'grave'")
    assert done.stderr.count("\n") == 1


def test_a_vulnerability_is_explained_by_the_checks_that_look_for_it(run: Run) -> None:
    done = run("explain", "cve-2025-54388")
    assert done.stdout.startswith("check engine-forgets-rules-on-reload:")
    assert "check loopback-guard-missing:" in done.stdout
    unknown = run("explain", "CVE-2020-1")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no check of netaudit looks for CVE-2020-1" in unknown.stderr


def test_a_check_is_explained(run: Run) -> None:
    done = run("explain", "host-network-container")
    assert done.stdout.startswith("check host-network-container: A container shares the host's network.\n")
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("form", ["terminal", "json", "sarif", "markdown", "github", "junit"])
def test_the_same_recording_prints_the_same_bytes(form: str, audit: Run) -> None:
    assert audit(BAD, "--format", form).stdout == audit(BAD, "--format", form).stdout


def test_places_are_named_from_where_netaudit_is_run(audit: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    for name in (BAD, f"{BAD}/iptables-save.txt"):
        results = json.loads(audit(name, "--format", "sarif").stdout)["runs"][0]["results"]
        places = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
        assert places
        assert all((REPOSITORY / place).is_file() and not Path(place).is_absolute() for place in places)
