"""Findings of an audit are pointed at in the Compose file that they come from; no recording has a file opened."""

import json
from pathlib import Path
from typing import Any

import pytest
from audit.conftest import RECORDINGS
from programs import run_inside

FILE = """\
services:
  web:
    image: nginx
    ports:
      - "80:80"
      - 443:443
  db:
    image: postgres
    ports: ["5432:5432"]
networks:
  front: {}
"""
DB_LINE = 9


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The shop, as Compose runs it; its labels name files of the host, as an engine has them."""
    folder = tmp_path / "recording"
    folder.mkdir()
    for file in (RECORDINGS / "tour" / "shop" / "10").iterdir():
        if file.name != "recording.json":
            (folder / file.name).write_bytes(file.read_bytes())
    containers = json.loads((folder / "docker-containers.json").read_bytes())
    planted = {"config_files": str(tmp_path / "elsewhere" / "compose.yaml"), "working_dir": str(tmp_path / "elsewhere")}
    for one in containers:
        if one["Name"].startswith("/shop-"):
            labels = {"project": "shop", "service": one["Name"].removeprefix("/shop-")}
            labels |= {f"project.{name}": text for name, text in planted.items()}
            one["Config"]["Labels"] = {f"com.docker.compose.{name}": text for name, text in labels.items()}
    (folder / "docker-containers.json").write_text(json.dumps(containers))
    _write(tmp_path / "elsewhere" / "compose.yaml", FILE)
    return folder


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def _places(*options: str | Path) -> dict[tuple[str, str], set[tuple[str, int]]]:
    """Return where the findings of each check about each subject are."""
    found: dict[tuple[str, str], set[tuple[str, int]]] = {}
    for result in _log(*options)["runs"][0]["results"]:
        place = result["locations"][0]
        physical = place["physicalLocation"]
        subject = place["logicalLocations"][0]["fullyQualifiedName"]
        where = (physical["artifactLocation"]["uri"], physical["region"]["startLine"])
        found.setdefault((result["ruleId"], subject), set()).add(where)
    return found


def _log(*options: str | Path) -> Any:
    return json.loads(run_inside("audit", *options, "-f", "sarif", "--no-exposure").stdout)


def test_a_finding_is_at_the_port_of_the_file_in_this_folder(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_write(tmp_path / "shop" / "compose.yaml", FILE).parent)
    places = _places(recording)
    everywhere = "published-port-on-every-address"
    assert places[everywhere, "shop-web 0.0.0.0:80/tcp"] == {("compose.yaml", 5)}
    assert places[everywhere, "shop-web 0.0.0.0:443/tcp"] == {("compose.yaml", 6)}
    assert places["sensitive-port-published-everywhere", "shop-db 0.0.0.0:5432/tcp"] == {("compose.yaml", DB_LINE)}
    others = {file for (_, subject), found in places.items() if "shop-" not in subject for file, _ in found}
    assert others
    assert all(file.startswith(_outside(recording)) for file in others)


def test_the_file_of_another_project_is_not_taken_for_that_of_the_containers(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_write(tmp_path / "blog" / "compose.yaml", FILE).parent)
    assert _files(recording) == {_outside(recording)}
    _write(tmp_path / "blog" / "compose.yaml", f"name: shop\n{FILE}")
    assert _files(recording) == {_outside(recording), "."}
    _write(tmp_path / "blog" / "compose.yaml", FILE)
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "shop")
    assert _files(recording) == {_outside(recording), "."}


def _outside(recording: Path) -> str:
    """Return a path as SARIF names it from the root of the file system: there is no repository."""
    return str(recording).removeprefix("/")


def _files(*options: str | Path) -> set[str]:
    return {str(Path(file).parent) for found in _places(*options).values() for file, _ in found}


def test_no_file_is_opened_that_a_recording_names(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _files(recording) == {"recording"}


def test_a_file_that_is_named_serves_whatever_folder_it_is_in(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = _write(tmp_path / "stacks" / "my.yaml", FILE)
    places = _places(recording, "--compose", "stacks/my.yaml")
    wanted = {("stacks/my.yaml", DB_LINE)}
    assert places["sensitive-port-published-everywhere", "shop-db 0.0.0.0:5432/tcp"] == wanted
    file.write_text(f"name: other\n{FILE}")
    done = run_inside("audit", recording, "--compose", file, "-f", "github", "--no-exposure")
    assert "no container of this host is of a service in" in done.stderr
    assert "my.yaml" not in done.stdout
    assert run_inside("audit", recording, "--compose", "nowhere.yaml", "-f", "github").returncode == 2


def test_a_message_is_one_line_and_its_markdown_has_the_evidence(recording: Path) -> None:
    for result in _log(recording)["runs"][0]["results"]:
        assert "\n" not in result["message"]["text"]
        assert result["message"]["markdown"].startswith(f"`{result['message']['text'][:20]}")
        assert "\n- to do: " in result["message"]["markdown"]
