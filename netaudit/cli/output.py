"""Print a report: to a file whole or not at all, to a terminal in its width and colour."""

import os
import shlex
import shutil
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from netaudit.api.formats import AssertFormat, Format
from netaudit.cli.options import Colour
from netaudit.errors import OutputError, UsageError
from netaudit.report.terminal.detail import Detail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, SnapshotHead
    from netaudit.audit.changed import ChangedFindings
    from netaudit.policy.verdict import Assertion
    from netaudit.report.terminal.style import Style
    from netaudit.report.text.grouping import Grouping
    from netaudit.store import Replace

INCOMPLETE = 4
DIFFERENT = 1
STDOUT = Path("-")


class Output(msgspec.Struct, frozen=True):
    """The file of -o, and whether it may replace any other."""

    path: Path
    force: bool


def place(path: Path | None, *, force: bool, form: StrEnum | None = None) -> Output | None:
    """Read -o and --force; `-` is standard output. Raises TakenError before any work, where a file would be lost.

    Raises UsageError where a page of HTML would be poured into a terminal.
    """
    if path is None or path == STDOUT:
        if form == Format.HTML and sys.stdout.isatty():
            raise UsageError("this report is a page of HTML", hint="give -o report.html, or --format terminal")
        return None
    from netaudit.store import Kind, require_free

    require_free(path, replacing(force=force), Kind.REPORT)
    return Output(path, force)


def replacing(*, force: bool) -> "Replace":
    """Say what --force lets be replaced."""
    from netaudit.store import Replace

    return Replace.ANY if force else Replace.OURS


def print_diff(
    diff: "AttributedDiff",
    form: Format,
    output: "Output | None",
    colour: Colour,
    *,
    wide: bool = False,
    assertion: "Assertion | None" = None,
    detail: Detail = Detail.SUMMARY,
    findings: "ChangedFindings | None" = None,
) -> None:
    """Render a diff with its findings and a policy that was held, and write it where it was asked for."""
    if form is Format.TERMINAL:
        from netaudit.report.terminal import rules

        chosen_style = style(output, colour, wide=wide, detail=detail)
        show(lambda chosen: rules.render_diff(diff, chosen, assertion, findings), chosen_style, output)
    else:
        from netaudit.api.renderers import render_diff

        write(render_diff(diff, form, assertion, findings), output)


def print_snapshot(
    snapshot: "AttributedSnapshot",
    form: Format,
    output: "Output | None",
    colour: Colour,
    grouping: "Grouping",
    *,
    wide: bool = False,
    detail: Detail = Detail.SUMMARY,
) -> None:
    """Render a snapshot and write it where it was asked for."""
    if form is Format.TERMINAL:
        from netaudit.report.terminal import rules

        chosen_style = style(output, colour, wide=wide, detail=detail)
        show(lambda chosen: rules.render_snapshot(snapshot, chosen, grouping), chosen_style, output)
    else:
        from netaudit.api.renderers import render_snapshot

        write(render_snapshot(snapshot, form), output)


def print_exposure(
    shown: "AttributedSnapshot",
    form: Format,
    output: "Output | None",
    colour: Colour,
    *,
    wide: bool = False,
    detail: Detail = Detail.SUMMARY,
) -> None:
    """Render the exposure table of a host and write it where it was asked for."""
    if form is Format.TERMINAL:
        from netaudit.report.terminal.exposure import render_exposure

        show(lambda chosen: render_exposure(shown, chosen), style(output, colour, wide=wide, detail=detail), output)
    else:
        from netaudit.api.renderers import render_exposure_table

        write(render_exposure_table(shown, form), output)


def print_assertion(held: "Assertion", form: AssertFormat, output: "Output | None", style: "Style") -> None:
    """Render a policy that was held against a host and write it where it was asked for."""
    if form is AssertFormat.TERMINAL:
        from netaudit.report.terminal.assertion import render_assertion as render_terminal

        show(lambda chosen: render_terminal(held, chosen), style, output)
    else:
        from netaudit.api.renderers import render_assertion

        write(render_assertion(held, form, style), output)


def style(
    output: "Output | None",
    colour: Colour,
    *,
    wide: bool = False,
    detail: Detail = Detail.SUMMARY,
    snapshots: "Iterable[Path]" = (),
) -> "Style":
    """Find the terminal's width, and whether it may be coloured; `detail` is how much is printed.

    `snapshots` are the recordings that the user named.
    """
    from netaudit.report.terminal.style import WIDE, Style

    terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((80, 24)).columns if terminal else 80
    match colour:
        case Colour.AUTO:
            coloured = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        case Colour.ALWAYS:
            coloured = True
        case Colour.NEVER:
            coloured = False
    named = " ".join(shlex.quote(str(one)) for one in snapshots)
    return Style(width=WIDE if wide else max(width, 40), colour=coloured, detail=detail, snapshot=named)


def show(render: "Callable[[Style], str]", style: "Style", output: "Output | None") -> None:
    """Write a report for people: to a pager where it is longer than their screen, and coloured as that pager can."""
    from msgspec.structs import replace

    from netaudit.cli.screen import pager

    text = render(style)
    if output is None and pager.wanted(text):
        plain = style.colour and not pager.passes_colours()
        shown = render(replace(style, colour=False)) if plain else text
        if pager.show(shown.encode(errors="replace")):
            return
    write(text.encode(errors="replace"), output)


def write(data: bytes, output: "Output | None") -> None:
    """Write to a file, or to standard output. Raises OutputError, for example when the disk is full.

    Ends as SIGPIPE would where nobody reads any more.
    """
    if output is not None:
        from netaudit.store import write_atomically

        write_atomically(output.path, data, replacing(force=output.force))
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


def write_lines(lines: "Iterable[str]") -> None:
    """Print lines in which others chose names: what would steer a terminal is written as text."""
    from netaudit.report.text.sanitize import terminal_text

    write("".join(f"{terminal_text(line)}\n" for line in lines).encode(errors="replace"), None)


def print_path(path: Path) -> None:
    """Print where something was written: for programs its very bytes, on a terminal what steers nothing."""
    line = f"{path}"
    if sys.stdout.isatty():
        from netaudit.report.text.sanitize import terminal_text

        line = terminal_text(line)
    write(f"{line}\n".encode(errors="surrogateescape"), None)


def forget_stdout() -> None:
    """Lead standard output nowhere: what is still buffered would fail again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code(*heads: "SnapshotHead", strict: bool, different: bool = False, undecided: int = 0) -> int:
    """Choose the exit code: incomplete goes before different, for a difference may be what was not seen."""
    incomplete = undecided or any(head.gaps or head.partial for head in heads)
    if strict and incomplete:
        return INCOMPLETE
    return DIFFERENT if different else 0
