"""The program around the command line: `netaudit`, `python -m netaudit`.

The first signal that asks us to end is raised as an exception, so that half-written files and child programs are
cleaned up on the way out; those that come while that happens are not needed any more.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time

TYPE_CHECKING = False  # what is imported before we listen to signals is as little as can be
if TYPE_CHECKING:
    from sys import UnraisableHookArgs
    from typing import NoReturn

_CLEANING = 3.0  # seconds that cleaning up may take before a further signal counts
_AGAIN = 0.001  # seconds until a signal is sent again whose exception got lost
_FAILED = 3
_NO_ROOM = ("cannot allocate memory", "failed to map segment", "can't start new thread", "cannot create new thread")


class _EndedBySignal(SystemExit):
    """End as a signal ends a program, but let every open file be cleaned up first."""


class _Signals:
    """Turns the first signal into an exception, once."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._over = False
        self._in_hook = False

    def listen(self) -> None:
        """Listen from now on."""
        sys.unraisablehook = self._lost
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self._end)

    def close(self) -> None:
        """Let no further signal interrupt what is left to do: to say how it ended."""
        self._over = True

    def _end(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if self._over or (self._since is not None and now - self._since < _CLEANING):
            return
        self._since = now
        raise _EndedBySignal(128 + number)

    def _lost(self, lost: UnraisableHookArgs) -> None:
        """Send a signal again whose exception was raised where none can be, as in a destructor."""
        if not isinstance(lost.exc_value, _EndedBySignal):
            sys.__unraisablehook__(lost)
            return
        from threading import Thread  # noqa: PLC0415 (late: it is hardly ever needed)

        self._in_hook = True
        Thread(target=self._send, args=(int(str(lost.exc_value.code)) - 128,), daemon=True).start()
        self._in_hook = False

    def _send(self, number: int) -> None:
        """Let the next signal count, and send it, when the hook that asked for this is left."""
        time.sleep(_AGAIN)
        while self._in_hook:
            time.sleep(_AGAIN)
        self._since = None
        os.kill(os.getpid(), number)


def script() -> NoReturn:
    """Run the command line, ready for a signal at any time."""
    signals = _Signals()
    try:
        signals.listen()
        _main()
    except _EndedBySignal as end:
        signals.close()
        _leave_interrupted(end)
    except SystemExit as end:
        signals.close()
        _leave(end)
    except Exception as error:  # noqa: BLE001 (a bug is printed, and its exit code is not that of findings)
        signals.close()
        if isinstance(error.__cause__, _EndedBySignal):  # Python 3.11 wraps what is raised while a class is made
            _leave_interrupted(error.__cause__)
        if not _lacks_memory(error):
            _print_traceback(error)
            os._exit(_FAILED)  # the interpreter would exit with 1, which means findings
        _say("netaudit: not enough memory (raise the limit: `ulimit -v`, or that of the service or container)\n")
        os._exit(_FAILED)
    sys.exit(0)


def _print_traceback(error: Exception) -> None:
    """Print a bug as the interpreter would."""
    import traceback  # noqa: PLC0415 (late: for a bug alone)

    traceback.print_exception(error)


def _leave_interrupted(end: _EndedBySignal) -> NoReturn:
    _say("netaudit: interrupted (no half-written file is left)\n")
    _leave(end)


def _main() -> None:
    gc.disable()  # a command builds values without cycles and ends: collecting cycles of 100,000 rules finds nothing
    from netaudit.cli import main  # noqa: PLC0415 (late: it takes longer than all else that is done here)

    main()


def _say(words: str) -> None:
    """Write to standard error as the kernel does: a buffer could be interrupted, or find no memory."""
    from contextlib import suppress  # noqa: PLC0415 (late: at the end alone)

    with suppress(OSError):
        os.write(2, words.encode())


def _lacks_memory(error: Exception) -> bool:
    """Tell whether memory, or room for its address space, is what was not there."""
    import errno  # noqa: PLC0415 (late: for a failure alone)

    said = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, OSError) and error.errno == errno.ENOMEM)
        or any(words in said for words in _NO_ROOM)
    )


def _leave(end: SystemExit) -> NoReturn:
    """Exit, but leave it to the kernel to free what 100,000 rules were read into."""
    if not isinstance(end.code, int):
        raise end
    try:
        if sys.__stdout__:  # None where it is closed
            sys.__stdout__.flush()
    except OSError:
        raise end from None  # the interpreter says so, and gives its own code
    os._exit(end.code)


if __name__ == "__main__":
    script()
