"""Run a command's own client against the stand-in engine."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import msgspec

from netaudit.bounded import UnfitError, read_plain
from netaudit.standin.commands import PlannedCommand, check_command
from netaudit.standin.compose import check_project
from netaudit.standin.confinement import running
from netaudit.standin.connection import Engine
from netaudit.standin.environment import environment_of
from netaudit.standin.podman import SOCKET, check_podman, is_podman, sent_to_stand_in
from netaudit.standin.server import EngineServer

_DEADLINE = 60.0  # seconds for a client; a project of 50 services takes 5
_QUIET = 1.0  # seconds without a request, after which a client that waits for events has asked for all
_LOOK = 0.02
_CONFIGURATION = ("config", "--format", "json")
_LONGEST = 1 << 20  # bytes that are kept of what a client prints


class Client(msgspec.Struct, frozen=True):
    """What a client may take of the process that starts it: its environment, and the folder that it runs in."""

    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """How a client ended, and what it printed; `waited` where it would have gone on to wait for its containers."""

    exit_code: int
    output: str
    error: str
    waited: bool = False
    late: bool = False


def run_client(engine: Engine, command: Sequence[str], client: Client) -> Outcome:
    """Run a command against the engine, and return how it ended.

    Raises UsageError for a command that is not planned, CommandError for a client that is not there, and
    ConfinementError where it cannot be confined.
    """
    podmans = is_podman(command)
    planned = check_podman(command) if podmans else check_command(command)
    words = sent_to_stand_in(command) if podmans else command
    with tempfile.TemporaryDirectory(prefix="netaudit-") as name:
        place = Path(name)
        (place / "run").mkdir()
        (place / "config").mkdir()
        with EngineServer(place / "run" / (SOCKET if podmans else "docker.sock"), engine) as server:
            serving = threading.Thread(target=server.serve_forever, args=(_LOOK,), daemon=True)
            serving.start()
            try:
                if planned.group == "compose":
                    configuration = _run(server, place, (*planned.leading, *_CONFIGURATION), client, planned)
                    check_project(configuration.output)
                return _run(server, place, words, client, planned)
            finally:
                server.ended.set()
                server.shutdown()
                serving.join()


def _run(server: EngineServer, place: Path, command: Sequence[str], client: Client, planned: PlannedCommand) -> Outcome:
    """Run one client to its end."""
    environment = environment_of(dict(client.environment), place, interpolates=planned.interpolates)
    with (place / "output").open("wb") as output, (place / "error").open("wb") as error, _stdin(planned) as stdin:
        streams = (stdin, output, error)
        with running(command, place / "run", environment, client.folder or None, streams) as process:
            end = _wait(server, process)
    if server.failure is not None:
        raise server.failure
    code = 0 if end == "waits" else process.returncode
    printed, complained = _read(place / "output"), _read(place / "error")
    return Outcome(code, printed, complained, waited=end == "waits", late=end == "late")


@contextmanager
def _stdin(planned: PlannedCommand) -> Iterator[int]:
    """Give a client nothing to read: from a terminal where it may ask for one."""
    opened = os.openpty() if planned.wants_terminal else (os.open(os.devnull, os.O_RDONLY),)
    try:
        yield opened[-1]
    finally:
        for one in opened:
            os.close(one)


def _wait(server: EngineServer, process: subprocess.Popen[bytes]) -> str:
    """Wait until the client ends, or only waits itself, or is late."""
    deadline = monotonic() + _DEADLINE
    while True:
        try:
            process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            if server.only_waits(_QUIET):
                return "waits"
            if monotonic() > deadline:
                return "late"
        else:
            return "ends"


def _read(path: Path) -> str:
    try:
        return read_plain(path, _LONGEST).decode(errors="replace")
    except UnfitError:
        return ""
