"""Print a report: to a file whole or not at all, to a terminal in its width and colour."""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.options import Colour, Format
from netaudit.errors import OutputError

if TYPE_CHECKING:
    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, SnapshotHead
    from netaudit.report.order import Grouping
    from netaudit.report.style import Style

INCOMPLETE = 4
DIFFERENT = 1


def print_diff(diff: "AttributedDiff", form: Format, output: Path | None, colour: Colour) -> None:
    """Render a diff and write it where it was asked for."""
    match form:
        case Format.TERMINAL:
            from netaudit.report import terminal

            write(terminal.render_diff(diff, style(output, colour)).encode(errors="replace"), output)
        case Format.JSON:
            from netaudit.report import json_v1

            write(json_v1.render_diff(diff), output)
        case Format.MARKDOWN:
            from netaudit.report import document

            write(document.render_diff_markdown(diff).encode(errors="replace"), output)
        case Format.HTML:
            from netaudit.report import document

            write(document.render_diff_html(diff).encode(errors="replace"), output)


def print_snapshot(
    snapshot: "AttributedSnapshot", form: Format, output: Path | None, colour: Colour, grouping: "Grouping"
) -> None:
    """Render a snapshot and write it where it was asked for."""
    match form:
        case Format.TERMINAL:
            from netaudit.report import terminal

            text = terminal.render_snapshot(snapshot, style(output, colour), grouping)
            write(text.encode(errors="replace"), output)
        case Format.JSON:
            from netaudit.report import json_v1

            write(json_v1.render_snapshot(snapshot), output)
        case Format.MARKDOWN:
            from netaudit.report import document

            write(document.render_snapshot_markdown(snapshot).encode(errors="replace"), output)
        case Format.HTML:
            from netaudit.report import document

            write(document.render_snapshot_html(snapshot).encode(errors="replace"), output)


def print_exposure(shown: "AttributedSnapshot", form: Format, output: Path | None, colour: Colour) -> None:
    """Render the exposure table of a host and write it where it was asked for."""
    match form:
        case Format.TERMINAL:
            from netaudit.report.exposure_terminal import render_exposure

            write(render_exposure(shown, style(output, colour)).encode(errors="replace"), output)
        case Format.JSON:
            from netaudit.report import json_v1

            write(json_v1.render_exposure(shown), output)
        case Format.MARKDOWN:
            from netaudit.report import document

            write(document.render_exposure_markdown(shown).encode(errors="replace"), output)
        case Format.HTML:
            from netaudit.report import document

            write(document.render_snapshot_html(shown).encode(errors="replace"), output)


def style(output: Path | None, colour: Colour) -> "Style":
    """Find the terminal's width, and whether it may be coloured."""
    from netaudit.report.style import Style

    terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((80, 24)).columns if terminal else 80
    match colour:
        case Colour.AUTO:
            coloured = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        case Colour.ALWAYS:
            coloured = True
        case Colour.NEVER:
            coloured = False
    return Style(width=max(width, 40), colour=coloured)


def write(data: bytes, output: Path | None) -> None:
    """Write to a file, or to standard output. Raises OutputError, for example when the disk is full.

    Ends as SIGPIPE would where nobody reads any more.
    """
    if output is not None:
        from netaudit.store import write_atomically

        write_atomically(output, data)
        return
    try:
        sys.stdout.flush()
        rest = memoryview(data)
        while rest:  # under PYTHONUNBUFFERED a write may end short, as on a disk that is getting full
            rest = rest[sys.stdout.buffer.write(rest) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        forget_stdout()
        sys.exit(128 + signal.SIGPIPE)
    except OSError as error:
        forget_stdout()
        raise OutputError(f"cannot write to standard output: {error.strerror}", hint="give -o a file") from error


def forget_stdout() -> None:
    """Lead standard output nowhere: what is still buffered would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code(*heads: "SnapshotHead", strict: bool, different: bool = False, undecided: int = 0) -> int:
    """Choose the exit code: incomplete goes before different, for a difference may be what was not seen."""
    incomplete = undecided or any(head.gaps or head.partial for head in heads)
    if strict and incomplete:
        return INCOMPLETE
    return DIFFERENT if different else 0
