"""One real engine for all tests of this folder: each test removes the containers and networks that it made."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.engine import Engine
from lab.host import LabHost


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    with LabHost() as host, Engine(host) as engine:
        yield engine


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    yield shared_engine
    containers = shared_engine.docker("ps", "-aq").split()
    if containers:
        shared_engine.docker("rm", "-f", *containers)
    shared_engine.docker("network", "prune", "-f")


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


@pytest.fixture
def netaudit(engine: Engine, tmp_path: Path) -> Netaudit:
    return Netaudit(engine, tmp_path)
