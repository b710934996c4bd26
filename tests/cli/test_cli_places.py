"""Where results go, and which recording is the last: never where a recording says, never over another's file."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from programs import ONE_PORT, assert_fails, run_inside
from sampling import every

from netaudit.cli.sources import last_kept
from netaudit.collect.asking import search_path
from netaudit.errors import UsageError
from netaudit.model.facts import Facts
from netaudit.store import load, save

SAVE = b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"
BEFORE, AFTER = ONE_PORT / "00", ONE_PORT / "01"
PACKET = ("--from", "internet", "--to", "10.0.0.1:8080/tcp")
REPORTS = [
    *(("show", AFTER, "-f", form) for form in ("terminal", "json", "markdown", "html", "csv")),
    *(("diff", BEFORE, AFTER, "-f", form) for form in ("terminal", "json", "markdown", "html", "csv", "svg", "dot")),
    *(("exposure", AFTER, "-f", form) for form in ("terminal", "json", "markdown", "html", "csv", "svg", "dot")),
    *(("report", AFTER, "-f", form) for form in ("terminal", "html", "markdown", "json")),
    *(("audit", AFTER, "-f", form) for form in ("terminal", "json", "sarif", "markdown", "github", "junit")),
    *(("trace", AFTER, *PACKET, "-f", form) for form in ("terminal", "json")),
    ("diff", BEFORE, BEFORE),
    ("show", AFTER, "--color", "always"),
]


def _name(command: tuple[str | Path, ...]) -> str:
    return " ".join(str(word) for word in command if not isinstance(word, Path))


@pytest.mark.parametrize("command", every(5, [(one,) for one in REPORTS]), ids=_name)
def test_a_report_replaces_the_last_one_and_no_other_file(tmp_path: Path, command: tuple[str | Path, ...]) -> None:
    place = tmp_path / "report"
    place.write_text("mine")
    done = run_inside(*command, "-o", place)
    message = f"{place} is there already, and is no report that netaudit wrote"
    assert_fails(done, 3, message, "give a name that is free, or replace it with --force")
    assert place.read_text() == "mine"
    assert run_inside(*command, "-o", place, "--force").returncode in (0, 1)
    first = place.read_bytes()
    assert first != b"mine"
    assert run_inside(*command, "-o", place).returncode in (0, 1)
    assert place.read_bytes() == first


@pytest.mark.parametrize("subject", [("stale",), ("nat/DOCKER#1", AFTER), ("accept-mark-set",)], ids=lambda one: one[0])
def test_an_explanation_bears_no_mark_and_is_replaced_on_demand(
    tmp_path: Path, subject: tuple[str | Path, ...]
) -> None:
    command = ("explain", *subject, "-o", tmp_path / "text")
    assert [run_inside(*command, *more).returncode for more in ((), (), ("--force",))] == [0, 3, 0]


def test_a_redacted_recording_replaces_on_demand(tmp_path: Path) -> None:
    key = ("--redact-key", tmp_path / "key")
    for name in ("out", "out.tar"):
        (tmp_path / name).write_text("mine")
        done = run_inside("redact", AFTER, "-o", tmp_path / name, *key)
        assert (done.returncode, (tmp_path / name).read_text()) == (3, "mine")
    assert run_inside("redact", AFTER, "-o", tmp_path / "out.tar", *key, "--force").returncode == 0
    assert load(tmp_path / "out.tar").files


# ---- the last one kept ----------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "netaudit" / "recordings"
    folder.mkdir(parents=True)
    return folder


def _keep(folder: Path, name: str, at: datetime | str) -> Path:
    said = at if isinstance(at, str) else f"{at:%Y-%m-%dT%H:%M:%SZ}"
    save(Facts({"iptables-save.txt": SAVE}, taken_at=said), folder / name)
    return folder / name


def test_the_last_one_is_so_by_its_time_and_not_by_its_name(state: Path) -> None:
    now = datetime.now(UTC)
    last = _keep(state, "a", now - timedelta(days=1))
    _keep(state, "b", now - timedelta(days=2))
    _keep(state, "zzz", "")
    (state / "zzzz").mkdir()
    (state / "zzzzz").write_text("no recording")
    (state / "zzzzzz").symlink_to(last)
    assert last_kept() == last


def test_one_that_lies_in_the_future_is_passed_by_and_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = _keep(state, "a", datetime.now(UTC) - timedelta(days=1))
    future = _keep(state, "b", "9999-12-31T23:59:59Z")
    assert last_kept() == last
    assert capsys.readouterr().err == f"netaudit: passed by {future}: its time lies in the future\n"
    for path in last.iterdir():
        path.unlink()
    last.rmdir()
    with pytest.raises(UsageError, match="lies in the future"):
        last_kept()


def test_of_one_second_the_highest_number_is_the_last(state: Path) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    for name in ("x", "x.2", "x.10", "x.9"):
        _keep(state, name, at)
    assert last_kept().name == "x.10"


# ---- other hosts ----------------------------------------------------------------------------------------------------


def _tar(index: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in (("recording.json", json.dumps(index).encode()), ("iptables-save.txt", SAVE)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def hostile(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Give the environment in which every host answers with a recording of such a time."""

    def answer(taken_at: str) -> dict[str, str]:
        programs = tmp_path / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "tar").write_bytes(_tar({"format": 1, "host": taken_at, "taken_at": taken_at}))
        (programs / "ssh").write_text(f"#!/bin/sh\ncat >/dev/null\nexec cat {programs}/tar\n")
        (programs / "ssh").chmod(0o755)
        (programs / "ssh-keygen").write_text("#!/bin/sh\nexit 1\n")
        return {"PATH": f"{programs}:{os.environ['PATH']}", "XDG_STATE_HOME": str(tmp_path / "state")}

    return answer


@pytest.mark.parametrize("said", ["{}/planted", "../../planted", "{}/backup.tar.gz", "9999-12-31T23:59:59Z", "\x00"])
def test_another_host_chooses_no_place_by_its_time(
    tmp_path: Path, hostile: Callable[[str], dict[str, str]], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_path, "SYSTEM_FOLDERS", ())  # root would not take the ssh of PATH
    backup = tmp_path / "backup.tar.gz"
    backup.write_text("mine")
    for name, value in hostile(said.format(tmp_path)).items():
        monkeypatch.setenv(name, value)
    done = run_inside("record", "--host", "ssh://web")
    assert done.returncode == 0
    kept = Path(done.stdout.rstrip("\n"))
    assert kept.parent == tmp_path / "state" / "netaudit" / "hosts" / "web"
    assert abs(datetime.strptime(kept.name, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(1)
    assert backup.read_text() == "mine"
    assert {one.name for one in tmp_path.iterdir()} == {"backup.tar.gz", "state", "programs"}
    assert ("its time is not as RFC 3339 has it" in done.stderr) == (not said.startswith("9999"))
    assert "netaudit: web: digest " in done.stderr


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "..:22"])
def test_a_host_is_not_called_as_a_folder_above(tmp_path: Path, name: str) -> None:
    done = run_inside("record", "--host", f"ssh://{name}", "--host", "ssh://web", "-o", tmp_path / "all")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.parametrize(
    ("command", "name", "begins"),
    [
        ("show", "host.json", "{\n"),
        ("show", "host.md", "### netaudit: "),
        ("audit", "found.sarif", '{\n  "$schema": "https://docs.oasis-open.org/sarif/'),
        ("audit", "found.xml", "<?xml "),
        ("report", "page.htm", "<!DOCTYPE html>"),
        ("show", "host.txt", "lab, "),
        ("report", "page", "<!DOCTYPE html>"),
    ],
)
def test_without_a_format_the_name_of_the_file_decides(command: str, name: str, begins: str, tmp_path: Path) -> None:
    assert run_inside(command, ONE_PORT / "01", "-o", tmp_path / name).returncode in (0, 1)
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_format_that_is_asked_for_counts_whatever_the_file_is_called(tmp_path: Path) -> None:
    run_inside("show", ONE_PORT / "01", "-o", tmp_path / "host.json", "--format", "terminal")
    assert (tmp_path / "host.json").read_text().startswith("lab, ")
