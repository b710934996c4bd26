"""How a client is shut in, so that it can reach nothing but the stand-in."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from netaudit.bounded import read_descriptor
from netaudit.errors import CommandError, ConfinementError

_INSIDE = Path(__file__).with_name("inside.py")
_LONGEST = 1 << 20  # bytes of what stands in the way of a client
_NO_SUCH_FILE = os.strerror(2)
_HINT = (
    "`netaudit plan` runs the client in namespaces of its own; where these cannot be had, record its requests on a "
    "host where they can, and give them with --requests"
)
CLIENT_HINT = (
    "install the client (docker-cli, docker-compose), or give --compose-json or --requests, made where there is one"
)


@contextmanager
def running(
    command: Sequence[str],
    run: Path,
    environment: Mapping[str, str],
    folder: str | None,
    streams: tuple[int, int | IO[bytes], int | IO[bytes]],
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that is shut in, and end it with all that it started.

    `streams` are where it reads, prints and complains. Raises CommandError where it is not there, and ConfinementError
    where it cannot be shut in.
    """
    reading, writing = os.pipe()
    try:
        try:
            process = subprocess.Popen(
                confined(command, run, writing),
                env=environment,
                cwd=folder,
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                start_new_session=True,
                pass_fds=(writing,),
            )
        finally:
            os.close(writing)
        try:
            yield process
        finally:
            end(process)
        check_confined(read_descriptor(reading, _LONGEST, None), command)
    finally:
        os.close(reading)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started: it is the leader of its own session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def confined(command: Sequence[str], run: Path, failure: int) -> list[str]:
    """Return the command that shuts itself in and becomes this one. `run` will be its /run."""
    return [sys.executable, "-I", "-S", str(_INSIDE), str(failure), str(run), "--", *command]


def check_confined(said: bytes, command: Sequence[str]) -> None:
    """Raise an error where the client could not be shut in, or is not there."""
    text = said.decode(errors="replace")
    if not text:
        return
    if text.startswith(f"{command[0]}: "):
        found = not text.endswith(_NO_SUCH_FILE)
        raise CommandError(f"{text}", hint=CLIENT_HINT, found=found)
    raise ConfinementError(f"the client cannot be kept away from the real engine: {text}", hint=_HINT)
