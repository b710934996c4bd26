"""The client whose commands are tried: on an engine that is planned, and on the real one."""

from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

from lab.clients import client_of
from lab.host import LabHost
from plan.clients import NEWEST, run

from netaudit.errors import PlanError
from netaudit.model.plan import Assumption
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.project.up import bring_up, read_project


class Asked(NamedTuple):
    """What a planned engine was asked: what it refused, and what was taken for granted on the way."""

    complaint: str
    assumptions: tuple[Assumption, ...] = ()

    @property
    def is_left_to_client(self) -> bool:
        """Tell whether the plan says that only the client itself can tell what it would ask for."""
        return "plan this with the client itself" in self.complaint


class TriedClient:
    """The newest client, on a host."""

    def __init__(self, host: LabHost, folder: Path) -> None:
        self._host = host
        self._folder = folder

    def ask(self, engine: StandIn, command: Sequence[str]) -> Asked:
        """Let the client ask a planned engine."""
        outcome = run(engine, command, folder=self._folder)
        return Asked((outcome.error.strip() or f"exit {outcome.exit_code}") if outcome.exit_code else "")

    def ask_as_printed(self, engine: StandIn, command: Sequence[str]) -> Asked:
        """Bring up what Compose prints as JSON of the project that `docker compose … up -d` brings up."""
        done = self._program([*command[:-2], "config", "--format", "json"])
        if done.returncode:
            return Asked(_complaint(done))
        try:
            return Asked("", bring_up(engine, read_project(done.stdout)))
        except PlanError as error:
            return Asked(str(error))

    def run(self, command: Sequence[str]) -> str:
        """Run a command on the real engine; return what the client complained of where it failed."""
        done = self._program(command)
        return _complaint(done) if done.returncode else ""

    def _program(self, command: Sequence[str]) -> CompletedProcess[str]:
        program, home = client_of(NEWEST)
        return self._host.run(["env", f"HOME={home}", str(program), *command[1:]], check=False)


def _complaint(done: CompletedProcess[str]) -> str:
    return done.stderr.strip() or f"exit {done.returncode}"
