"""The man page, from the text of --help: `make man` writes docs/netaudit.1."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from netaudit.cli.commands.program import whole_program
from netaudit.release import RELEASE

PATH = Path(__file__).parents[2] / "docs" / "netaudit.1"
_EXIT_CODES = (
    ("0", "Fine, or differences that nobody asked about."),
    ("1", "Differences with --exit-code; findings at or above --fail-on; what `verify` finds to differ."),
    ("2", "Wrong usage."),
    ("3", "netaudit failed; the message says what to do next."),
    ("4", "Incomplete, with --strict: something could not be seen."),
)
_ENVIRONMENT = (
    ("NO_COLOR", "Turns colour off where --color is auto."),
    ("PAGER, LESS", "Show reports longer than the screen; LESS is FRX where it is not set. PAGER=cat shows none."),
    ("DOCKER_HOST", "Where Docker's API is, without --docker-host."),
    ("NETAUDIT_STORE", "The history, without --store."),
    ("XDG_STATE_HOME", "Below it `record` keeps recordings that were given no place, and the history is."),
)


def render() -> str:
    """Print the page in man(7)."""
    return "\n".join(_lines(typer.main.get_command(whole_program()))) + "\n"


def _lines(program: Any) -> Iterator[str]:
    context = program.make_context("netaudit", [], resilient_parsing=True)
    yield f'.TH NETAUDIT 1 "" "netaudit {RELEASE}" "User commands"'
    yield from (".SH NAME", r"netaudit \- which container caused which Netfilter rule")
    yield from (".SH SYNOPSIS", r".B netaudit", r"[\-\-version] [\-\-help] COMMAND [ARGUMENTS]")
    yield from (".SH DESCRIPTION", _text(program.help))
    yield ".SH OPTIONS"
    yield from _options(program, context)
    yield ".SH COMMANDS"
    for name in program.list_commands(context):
        yield from _command(name, program.get_command(context, name), context)
    yield from (".SH EXIT STATUS", *_table(_EXIT_CODES), ".SH ENVIRONMENT", *_table(_ENVIRONMENT))


def _command(name: str, command: Any, parent: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    pieces = [_text(piece) for piece in command.collect_usage_pieces(context)]
    yield f".SS netaudit {name} {' '.join(pieces)}"
    for paragraph in command.help.split("\n\n"):
        yield from (_text(paragraph), ".PP")
    yield from _options(command, context)
    if hasattr(command, "list_commands"):
        for inner in command.list_commands(context):
            yield from _command(f"{name} {inner}", command.get_command(context, inner), context)


def _options(command: Any, context: Any) -> Iterator[str]:
    records = (param.get_help_record(context) for param in command.get_params(context))
    yield from _table(record for record in records if record)


def _table(rows: Any) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", f".B {_text(term)}", _text(meaning))


def _text(text: str) -> str:
    """Escape what troff would obey, and undo the line breaks of a docstring."""
    plain = re.sub(r"\s+", " ", text).strip().replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + plain if plain.startswith((".", "'")) else plain


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
