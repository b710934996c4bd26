"""Run Podman's generator for Quadlet on a folder, shut in as a client is, and read what it prints within bounds."""

import subprocess
import tempfile
from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError, read_descriptor
from netaudit.errors import PlanError
from netaudit.standin.confinement import end, running

_SECONDS = 20
_LONGEST = 1 << 20
ASK_ITSELF = "ask it yourself: quadlet -dryrun"


class Generated(msgspec.Struct, frozen=True):
    """How a generator ended, and what it printed and complained."""

    code: int
    printed: str
    said: str


def run_generator(program: str, folder: Path) -> Generated:
    """Return what a dry run prints of a folder's files. Raises PlanError, and ConfinementError.

    The generator has no network, can write nothing, and sees an empty /run.
    """
    environment = {"QUADLET_UNIT_DIRS": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    streams = (subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)
    with (
        tempfile.TemporaryDirectory(prefix="netaudit-") as empty,
        running((program, "-dryrun"), Path(empty), environment, None, streams) as process,
    ):
        return _read(process, program)


def _read(process: subprocess.Popen[bytes], program: str) -> Generated:
    """Read both pipes to their end, at once: a program waits where nobody reads."""
    from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415 (late: 15 ms, for Quadlet alone)

    with process, ThreadPoolExecutor(2) as readers:
        pipes = (one.fileno() for one in (process.stdout, process.stderr) if one)
        reads = [readers.submit(read_descriptor, one, _LONGEST, _SECONDS) for one in pipes]
        try:
            for one in as_completed(reads):
                one.result()
            code = process.wait(_SECONDS)
        except (UnfitError, subprocess.TimeoutExpired) as error:
            raise PlanError(f"{program}: what it prints {error}", hint=ASK_ITSELF) from error
        finally:
            end(process)
    printed, said = (one.result().decode(errors="replace") for one in reads)
    return Generated(code, printed, " ".join(said.split())[-500:])
