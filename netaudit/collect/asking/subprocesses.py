"""Run one of the host's programs, and read how it ended."""

import os
import re
import select
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence

from netaudit.bounded import UnfitError
from netaudit.collect.asking import pipes
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.orphans import die_with_parent
from netaudit.collect.asking.search_path import search_path
from netaudit.model.facts import Gap, GapReason, Source

_LONGEST = 500  # characters of a complaint that a gap keeps
_DENIED = re.compile(rb"permission denied|you must be root|operation not permitted", re.IGNORECASE)


class Ready:
    """A program that has made itself ready, and waits on its standard input for the word to begin."""

    def __init__(self, source: Source, program: str, process: subprocess.Popen[bytes]) -> None:
        self._source = source
        self._program = program
        self._process = process

    def begin(self, timeout: float) -> bytes | Gap:
        """Let it work, and return what it printed; a gap if it did not end well."""
        return _outcome(self._source, self._program, self._process, timeout)


def run(
    source: Source,
    argv: Sequence[str],
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
    most: int = pipes.MOST,
) -> bytes | Gap:
    """Return what the program printed, maybe nothing; a gap if it could not run or did not end well.

    `timeout` is in seconds, `most` in bytes; `environment` is added to a clean one.
    """
    process = _start(source, argv, environment or {}, subprocess.DEVNULL)
    if isinstance(process, Gap):
        return process
    return _outcome(source, argv[0], process, timeout, most)


def make_ready(source: Source, argv: Sequence[str], *, timeout: float, environment: Mapping[str, str]) -> Ready | Gap:
    """Start a program that prints one byte when it is ready, and begins when its standard input ends."""
    process = _start(source, argv, environment, subprocess.PIPE)
    if isinstance(process, Gap):
        return process
    assert process.stdout  # noqa: S101 (it is a pipe)
    waiting = select.poll()
    waiting.register(process.stdout, select.POLLIN)
    if waiting.poll(timeout * 1000):
        os.read(process.stdout.fileno(), 1)
    return Ready(source, argv[0], process)


def _start(
    source: Source, argv: Sequence[str], environment: Mapping[str, str], stdin: int
) -> subprocess.Popen[bytes] | Gap:
    announce("run", shlex.join(argv))
    try:
        return subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_clean_environment() | dict(environment),
            process_group=0,  # its own group, so that what it starts can be ended with it
            preexec_fn=die_with_parent,  # noqa: PLW1509 (it takes no lock)
        )
    except OSError as error:
        return _not_started(source, argv[0], error)


def run_for_text(source: Source, argv: Sequence[str], *, timeout: float) -> bytes | Gap:
    """Run a program that always prints something: printing nothing is a gap."""
    output = run(source, argv, timeout=timeout)
    if isinstance(output, bytes) and not output.strip():
        return Gap(source, GapReason.EMPTY, f"{argv[0]} printed nothing")
    return output


def _clean_environment() -> dict[str, str]:
    """Return programs a fixed language, and nothing of ours that could change what they print."""
    return {"LC_ALL": "C", "PATH": search_path()}


def _not_started(source: Source, program: str, error: OSError) -> Gap:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return Gap(source, GapReason.ABSENT, f"{program} is not installed")
        case PermissionError():
            return Gap(source, GapReason.DENIED, f"{program} may not be run by this user")
        case _:
            return Gap(source, GapReason.CRASHED, f"{program} could not be started: {error.strerror}")


def _outcome(
    source: Source, program: str, process: subprocess.Popen[bytes], timeout: float, most: int = pipes.MOST
) -> bytes | Gap:
    try:
        output, complaint = pipes.exchange(process, timeout, most=most)
    except TimeoutError:
        return Gap(source, GapReason.TIMEOUT, f"{program} did not end within {timeout:g} s")
    except UnfitError as error:
        return Gap(source, GapReason.INVALID, f"{program} {error}")
    code = process.returncode
    if code == 0:
        return output
    if _DENIED.search(complaint):
        return Gap(source, GapReason.DENIED, f"{program}: {_first_line(complaint)}")
    return Gap(source, GapReason.CRASHED, _how_it_ended(program, code, complaint))


def _how_it_ended(program: str, code: int, complaint: bytes) -> str:
    if code < 0:
        return f"{program} ended by signal {-code}{_signal_name(-code)}"
    return f"{program} ended with code {code}: {_first_line(complaint) or 'it did not say why'}"


def _signal_name(number: int) -> str:
    try:
        return f" ({signal.Signals(number).name})"
    except ValueError:  # real-time signals have no names
        return ""


def _first_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[0].strip()[:_LONGEST] if lines else ""
