"""Run a command in the foreground, as sudo(8) does: the terminal's signals are the command's, others are passed on.

The signals that matter are blocked while the command runs and taken one by one, for only so does the kernel tell who
sent them: the terminal sends ^C to the command too, another process sends it to netaudit alone.
"""

import signal
import subprocess
from time import monotonic
from typing import IO

from netaudit.cli.say import say
from netaudit.errors import CommandError

_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
_BY_THE_KERNEL = 0x80  # SI_KERNEL of sigaction(2): the kernel sent it, not a process
_POLL = 0.5  # seconds between two polls of the command, in case no signal announces its end
_PATIENCE = 1.0  # seconds that a command may take to obey SIGINT, then SIGTERM, before it gets SIGKILL


def run_in_foreground(command: list[str], stdout: IO[str] | None) -> int:
    """Run it; gives its exit code, as a shell would.

    Raises CommandError where it cannot be started, and SystemExit, when it has ended, for a signal sent to us alone.
    """
    ours = {one for one in _ENDING if signal.getsignal(one) is not signal.SIG_IGN}  # ignored: as under nohup
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*ours, signal.SIGCHLD})
    try:
        process = _start(command, stdout, before)
        try:
            got = _wait(process, ours)
        except BaseException:
            process.kill()
            process.wait()
            raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if got:
        name = signal.Signals(got).name
        say(f"{name} was passed on to the command, which has ended; there is no report")
        raise SystemExit(128 + got)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _start(command: list[str], stdout: IO[str] | None, mask: set[int | signal.Signals]) -> subprocess.Popen[bytes]:
    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    try:
        return subprocess.Popen(command, stdout=stdout, preexec_fn=unblock)  # noqa: PLW1509 (no lock is taken in it)
    except OSError as error:
        found = not isinstance(error, FileNotFoundError)
        raise CommandError(
            f"cannot start {command[0]}: {error.strerror}",
            hint="nothing was run; check the command's name",
            found=found,
        ) from error


def _wait(process: subprocess.Popen[bytes], ours: set[signal.Signals]) -> int:
    """Wait until the command has ended, and pass signals on; gives the first that was for us alone, or 0."""
    first = 0
    later: list[tuple[float, signal.Signals]] = []  # what is sent when to a command that does not obey SIGINT
    while process.poll() is None:
        signalled = signal.sigtimedwait({*ours, signal.SIGCHLD}, _POLL)
        if signalled and signalled.si_signo != signal.SIGCHLD and not _is_terminals(signalled):
            first = first or signalled.si_signo
            process.send_signal(signalled.si_signo)
            if signalled.si_signo == signal.SIGINT:
                later = later or _insist()
        if later and monotonic() > later[0][0]:
            process.send_signal(later.pop(0)[1])
    while signalled := signal.sigtimedwait(ours, 0):  # what came when it had just ended
        first = first or (0 if _is_terminals(signalled) else signalled.si_signo)
    return first


def _insist() -> list[tuple[float, signal.Signals]]:
    now = monotonic()
    return [(now + _PATIENCE, signal.SIGTERM), (now + 2 * _PATIENCE, signal.SIGKILL)]


def _is_terminals(signalled: signal.struct_siginfo) -> bool:
    """Tell whether a terminal sent it, to the command too."""
    return signalled.si_code == _BY_THE_KERNEL and signalled.si_signo == signal.SIGINT
