"""What netaudit prints of recorded hosts, as pages show it: without the recordings, which a reader does not name."""

import contextlib
import re
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from netaudit.cli.commands.program import whole_program

_LINK = "recorded.{}"
"""What a recording is called while the command runs: where this checkout lies must not break lines elsewhere."""


def block(
    command: str, arguments: Sequence[str], recordings: Sequence[Path], codes: Sequence[int] = (0,)
) -> Iterator[str]:
    """Yield a command as it was typed, and what it prints with these arguments of the recordings, indented."""
    done = _run(arguments, recordings)
    if done.exit_code not in codes:
        raise AssertionError(f"netaudit {shlex.join(arguments)}: {done.output}")
    printed = re.sub(r"(\n *| )recorded\.[0-9]", "", done.stdout)
    yield from (f"    $ {command}", "")
    yield from (f"    {line}".rstrip() for line in printed.splitlines())
    yield ""


def _run(arguments: Sequence[str], recordings: Sequence[Path]) -> Result:
    links = {_LINK.format(number): recording for number, recording in enumerate(recordings)}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for link, recording in links.items():
            Path(link).symlink_to(recording)
        return CliRunner().invoke(whole_program(), [*arguments, *links])
