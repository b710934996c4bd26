"""netaudit at work on an engine's host, and short forms of what it says in JSON."""

import json
from pathlib import Path
from typing import Any

from lab.engine import Engine


def brief(one: dict[str, Any]) -> str:
    """Give a rule's table and text."""
    return f"{one['table']} {one['text']}"


def causes_of(one: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a rule's causes, containers and networks by name."""
    return [
        {key: value["name"] if key in ("container", "network") else value for key, value in cause.items()}
        for cause in one["attribution"]["causes"]
    ]


class Netaudit:
    """netaudit at work on the engine's host."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def __call__(self, *arguments: str) -> Any:
        """Run a command; give its exit code, standard output and standard error."""
        return self.engine.host.python("-m", "netaudit", *arguments, check=False)

    def run(self, *command: str) -> dict[str, Any]:
        """Run a command under netaudit; give the diff."""
        report = self.folder / "diff.json"
        self("run", "--format", "json", "-o", str(report), "--", *command)
        return json.loads(report.read_text())

    def show(self) -> dict[str, Any]:
        """Give every rule of the host, attributed."""
        return json.loads(self("show", "--format", "json").stdout)
