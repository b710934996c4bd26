"""A Compose project, spread over files in the ways in which people do it."""

import json
from pathlib import Path

from random_hosts.chance import Chance

from live_plans.projects import Project


def write_project(folder: Path, name: str, project: Project, chance: Chance) -> list[str]:
    """Write a project into a folder, whose files go; return the words of Compose that name it."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    words = chance.one(_plain, _plain, _override, _variables, _extends, _include)(folder, project)
    if chance.happens(0.5):
        content = json.loads((folder / "compose.yaml").read_text())
        _save(folder / "compose.yaml", {"name": name, **content})
    else:
        words = ["-p", name, *words]
    profiles = ["--profile", "extra"] if chance.happens(0.5) else []
    return ["docker", "compose", *words, *profiles]


def _plain(folder: Path, project: Project) -> list[str]:
    _save(folder / "compose.yaml", project)
    return ["-f", str(folder / "compose.yaml")]


def _override(folder: Path, project: Project) -> list[str]:
    """Write the ports of one service into a file of their own."""
    first = next(iter(project["services"]))
    over = folder / "over.yaml"
    _save(over, {"services": {first: {"ports": project["services"][first].pop("ports", [])}}})
    return [*_plain(folder, project), "-f", str(over)]


def _variables(folder: Path, project: Project) -> list[str]:
    """Put a variable in place of one port, with its value in a file."""
    ports = next(iter(project["services"].values())).get("ports", [])
    values = folder / "values.env"
    values.write_text(f"PUBLISHED={ports[0]}\n" if ports and isinstance(ports[0], str) else "")
    if values.stat().st_size:
        ports[0] = "${PUBLISHED:?no port}"
    return ["--env-file", str(values), *_plain(folder, project)]


def _extends(folder: Path, project: Project) -> list[str]:
    """Let one service take its image from another file's."""
    first = next(iter(project["services"].values()))
    _save(folder / "base.yaml", {"services": {"base": {"image": first.pop("image")}}})
    first["extends"] = {"file": "base.yaml", "service": "base"}
    return _plain(folder, project)


def _include(folder: Path, project: Project) -> list[str]:
    """Write one service, on which others may depend, into a file that the project includes."""
    first = next(iter(project["services"]))
    more = {"services": {first: project["services"].pop(first)}, "networks": project["networks"]}
    _save(folder / "more.yaml", more)
    return _plain(folder, {"include": ["more.yaml"], **project})


def _save(path: Path, content: Project) -> None:
    path.write_text(json.dumps(content, indent=1))
