"""What people try first works: version, help, a baseline, a configuration in a parent folder."""

import json
import os
from pathlib import Path

import pytest
from programs import run_inside

from netaudit.catalog.config_places import find_config
from netaudit.release import RELEASE

SHOP = Path(__file__).parents[1] / "recordings" / "tour" / "shop" / "10"


@pytest.mark.parametrize("words", [("version",), ("-v",), ("--version",)])
def test_the_version_is_told_by_any_name(words: tuple[str, ...]) -> None:
    assert run_inside(*words).stdout == f"netaudit {RELEASE}\n"


def test_help_is_a_command_too() -> None:
    assert "Usage: " in run_inside("help").stdout
    assert run_inside("help", "audit").stdout == run_inside("audit", "--help").stdout


def test_a_baseline_is_written_and_read_again(tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    assert run_inside("audit", str(SHOP), "--write-baseline", str(baseline)).returncode == 1
    assert len(json.loads(baseline.read_bytes())["findings"]) == 18
    done = run_inside("audit", str(SHOP), "--baseline", str(baseline))
    assert (done.returncode, "0 new findings" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        *(
            ("a.csv", "what,severity"),
            ("a.jsonl", '{"schema"'),
            ("a.prom", "# HELP netaudit_"),
            ("a.html", "<!doctype"),
        ),
        *(("a.xml", "<?xml"), ("a.md", "# "), ("a.sarif", '{\n  "$schema"'), ("a.txt", "lab, ")),
    ],
)
def test_what_an_audit_is_written_as_follows_from_the_files_name(tmp_path: Path, name: str, begins: str) -> None:
    run_inside("audit", str(SHOP), "-o", str(tmp_path / name))
    assert (tmp_path / name).read_text().lower().startswith(begins.lower())


def test_a_finding_is_explained_by_its_id_and_an_unknown_id_is_refused() -> None:
    listed = run_inside("audit", str(SHOP)).stdout
    name = next(line for line in listed.splitlines() if line.startswith("critical")).split()[2]
    assert "shop-db publishes PostgreSQL" in run_inside("explain", name.upper(), str(SHOP)).stdout
    assert run_inside("explain", "0" * 8, str(SHOP)).returncode == 2


@pytest.mark.parametrize("wrong", [("--from", "mars"), ("--project", "none"), ("--verbose", "--quiet")])
def test_a_choice_that_cannot_be_is_refused(wrong: tuple[str, str]) -> None:
    assert run_inside("audit", str(SHOP), *wrong).returncode == 2


def test_a_recording_is_not_written_as_a_zip(tmp_path: Path) -> None:
    done = run_inside("redact", str(SHOP), "-o", str(tmp_path / "rec.zip"))
    assert done.returncode == 3
    assert ".tar.gz" in done.stderr
    assert not (tmp_path / "rec.zip").exists()


def test_the_nearest_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    below = tmp_path / "project" / "below"
    below.mkdir(parents=True)
    project, own = tmp_path / "project" / "pyproject.toml", tmp_path / "xdg" / "netaudit" / "netaudit.toml"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert find_config(below) == own
    project.write_text("[tool.other]\n")
    assert find_config(below) == own
    project.write_text('[tool.netaudit]\nfail_on = "none"\n')
    assert find_config(below) == project
    (below / "netaudit.toml").write_text("")
    assert find_config(below) == below / "netaudit.toml"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user, as root can")
def test_a_configuration_of_another_user_is_not_read_from_a_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tmp_path / "below").mkdir()
    planted = tmp_path / "netaudit.toml"
    planted.write_text('fail_on = "none"\n')
    assert find_config(tmp_path / "below") == planted
    os.chown(planted, 65534, 65534)
    assert find_config(tmp_path / "below") != planted


def test_one_waiver_covers_a_port_over_both_families(tmp_path: Path) -> None:
    config = tmp_path / "netaudit.toml"
    entry = {"check": "sensitive-port-*", "subject": "shop-db 5432/tcp", "reason": "r", "owner": "o"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
    config.write_text("\n".join(["[[waivers]]", *lines, "until = 2999-01-01"]))
    done = run_inside("audit", str(SHOP), "--config", str(config), "--fail-on", "high")
    assert done.returncode == 0, done.stderr
    assert "1 waived" in done.stdout  # a mistake over both families, with what other checks say of it


@pytest.mark.parametrize("more", [("--format", "csv"), ("-f", "terminal", "--quiet")])
def test_a_dash_is_standard_output_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("exposure", str(SHOP), *more)
    assert run_inside(*asked, "-o", "-").stdout == run_inside(*asked).stdout
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    "words",
    [
        ("record", "-o"),
        ("redact", str(SHOP), "-o"),
        ("fleet", "report", "-o"),
        ("fleet", "collect", "hosts.txt", "-o"),
        ("fleet", "audit", "recordings", "--out"),
        ("run", "--keep"),
        ("watch", "--metrics"),
    ],
)
def test_what_is_no_stream_is_not_led_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_inside(*words, "-", *(("--", "true") if words[0] == "run" else ()))
    assert done.returncode == 2
    assert "standard output cannot hold this" in " ".join(done.stderr.split())
    assert [*tmp_path.iterdir()] == []
