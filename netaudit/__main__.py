"""The program around the command line: `netaudit`, `python -m netaudit`."""

import os
import signal
import sys
from typing import NoReturn


class _EndedBySignal(SystemExit):
    """End as a signal ends a program, but let every open file be cleaned up first."""


def script() -> NoReturn:
    """Run the command line, ready for a signal at any time."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end)
    try:
        from netaudit.cli import main  # noqa: PLC0415 (late: it takes longer than all else that is done here)

        main()
    except _EndedBySignal as end:
        sys.stderr.write("netaudit: interrupted (no half-written file is left)\n")
        _leave(end)
    except SystemExit as end:
        _leave(end)


def _end(number: int, _frame: object) -> NoReturn:
    raise _EndedBySignal(128 + number)


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
