"""Show what is longer than the screen in a pager, as git does; a pipe, a file or a short report goes straight out."""

import os
import shlex
import shutil
import signal
import subprocess
import sys

_LESS = "FRX"  # leave at once what fits, pass colours through, keep what was seen on the screen


def wanted(text: str) -> bool:
    """Tell whether somebody sits before a screen that is too small; nobody does in CI, which may have a terminal."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        return False
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        return False
    return bool(command()) and text.count("\n") >= shutil.get_terminal_size((80, 24)).lines


def command() -> list[str]:
    """Return the pager's command: $PAGER or less; none where $PAGER is empty or cat, or there is no less."""
    try:
        asked = shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return []
    return asked if asked and asked != ["cat"] and shutil.which(asked[0]) else []


def passes_colours() -> bool:
    """Tell whether the pager obeys colours: less does, unless $LESS was set without R or r."""
    asked = command()
    if not asked or os.path.basename(asked[0]) != "less":  # noqa: PTH119 (a command is no path of ours)
        return False
    options = os.environ.get("LESS")
    given = " ".join(asked[1:]) + " " + (_LESS if options is None else options)
    return "r" in given.lower()


def show(data: bytes) -> bool:
    """Show in the pager; gives False where it could not be started."""
    environment = {"LESS": _LESS, "LV": "-c", **os.environ}
    try:
        pager = subprocess.Popen(command(), stdin=subprocess.PIPE, env=environment)
    except OSError:
        return False
    previous = signal.signal(signal.SIGINT, _leave_it)
    try:
        pager.communicate(data)
    except BaseException:
        pager.terminate()  # less gives the terminal back as it was
        pager.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, previous)
    return True


def _leave_it(_number: int, _frame: object) -> None:
    """Leave ^C to the pager: it ends what it searches, and stays. A handler, unlike SIG_IGN, is not inherited."""
