"""How a client is shut in, so that it can reach nothing but the stand-in."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from netaudit.errors import CommandError, ConfinementError

_INSIDE = Path(__file__).with_name("inside.py")
_NO_SUCH_FILE = os.strerror(2)
_HINT = (
    "`netaudit plan` runs the client in namespaces of its own; where these cannot be had, record its requests on a "
    "host where they can, and give them with --requests"
)
CLIENT_HINT = (
    "install the client (docker-cli, docker-compose), or give --compose-json or --requests, made where there is one"
)


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
