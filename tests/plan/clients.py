"""Real clients against the stand-in engine, with a recording as its host."""

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from lab.clients import client_of
from plan.recorded import RECORDINGS

from netaudit.model.facts import Facts
from netaudit.plan.engine.plan import StandIn
from netaudit.standin.session import Client, Outcome, run_client
from netaudit.store import load

NEWEST = "28.5.2"
VERSIONS = ("20.10.24", "26.1.5", NEWEST)


def client(version: str) -> tuple[str, dict[str, str]]:
    """Return the docker program of a version and its environment; the machine's own is the oldest."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    if version == VERSIONS[0]:
        own = shutil.which("docker", path="/usr/bin:/usr/sbin")
        assert own, "docker is missing: make system"
        return own, environment
    program, home = client_of(version)
    return str(program), environment | {"HOME": str(home)}


def recorded(scenario: str, step: str = "00") -> Facts:
    """Read one recording of a scenario."""
    return load(RECORDINGS / scenario / step)


def stand_in(facts: Facts, engine_version: str = "") -> StandIn:
    """Return an engine that has images which expose nothing."""
    return StandIn(facts, lambda _: (), engine_version)


def run(engine: StandIn, command: str | Sequence[str], version: str = NEWEST, folder: Path | None = None) -> Outcome:
    """Run a command of docker with a client of a version."""
    program, environment = client(version)
    words = shlex.split(command) if isinstance(command, str) else list(command)
    assert words[0] == "docker"
    return run_client(engine, (program, *words[1:]), Client(tuple(environment.items()), str(folder or "")))
