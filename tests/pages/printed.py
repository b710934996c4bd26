"""What netaudit prints of a recorded host, as pages show it: without the recording, which a reader does not name."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from typer.testing import CliRunner

from netaudit.cli.commands.program import whole_program


def block(command: str, arguments: Sequence[str], recording: Path, codes: Sequence[int] = (0,)) -> Iterator[str]:
    """Yield a command as it was typed, and what it prints with these arguments, indented; the last is the recording."""
    done = CliRunner().invoke(whole_program(), list(arguments))
    if done.exit_code not in codes:
        raise AssertionError(f"netaudit {shlex.join(arguments)}: {done.output}")
    printed = re.sub(rf"(\n *| ){re.escape(str(recording))}", "", done.stdout)
    yield from (f"    $ {command}", "")
    yield from (f"    {line}".rstrip() for line in printed.splitlines())
    yield ""
