"""`netaudit verify`."""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    recording: Annotated[Path, typer.Argument(help="A recording that `netaudit record` wrote.")],
) -> None:
    """Check that a recording's files are those that were recorded, by the SHA-256 of each."""
    from netaudit.cli.output import write
    from netaudit.errors import RecordingError
    from netaudit.report.safe_text import terminal_text
    from netaudit.store import verify as hold_against_index

    verification = hold_against_index(recording)
    lines = [f"{difference:8} {name}" for name, difference in verification.differences]
    lines.append(f"{verification.intact} files as they were recorded, {len(verification.differences)} not")
    write("".join(f"{terminal_text(line)}\n" for line in lines).encode(), None)
    raise typer.Exit(RecordingError.exit_code if verification.differences else 0)
