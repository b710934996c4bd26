"""Options that several commands share."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from netaudit.api.formats import Format
from netaudit.cli.completing import offers

F = TypeVar("F", bound=StrEnum)


class Colour(StrEnum):
    """When the terminal report is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


FORMAT_HELP = "What to print; without it, what -o is called decides, such as plan.json."
_OF_TEXT = (".txt", ".text", ".log", ".out", ".tmp", "")  # names that say nothing of a format
_BY_NAME = {".htm": "html", ".md": "markdown", ".prom": "openmetrics", ".xml": "junit"}


def _ending(form: StrEnum) -> str:
    """Name the ending of a file that has a format."""
    of_form = {name: suffix for suffix, name in (*_BY_NAME.items(), (".txt", "terminal"))}
    return ".html" if form.value == "html" else of_form.get(form.value, f".{form.value}")


def form_by_name(ctx: typer.Context, value: F) -> F:
    """Return the format that was asked for; where none was, the one that the file of -o is called after."""
    output = ctx.params.get("output")
    source = ctx.get_parameter_source("form")
    if output is None or source is None or source.name != "DEFAULT":
        return value
    suffix = Path(output).suffix.lower()
    name = _BY_NAME.get(suffix, suffix.removeprefix("."))
    if suffix in _OF_TEXT or ctx.params.get("suggest"):  # a policy is YAML, whatever the format of answers is
        return value
    found = next((one for one in type(value) if one.value == name), None)
    if found is None and re.fullmatch(r"\.[a-z]{1,5}", suffix):
        known = ", ".join(_ending(one) for one in type(value))
        raise typer.BadParameter(f"-o {output}: no format is called {suffix}: {known}; or give --format too.")
    return found or value


def named(value: Path | None) -> Path | None:
    """Refuse standard output for what is no stream: a recording, a folder, a file that is written again and again."""
    if value == Path("-"):
        raise typer.BadParameter("standard output cannot hold this: name a file or a folder.")
    return value


FormatOption = Annotated[Format, typer.Option("--format", "-f", help=FORMAT_HELP, callback=form_by_name)]
SnapshotsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[SNAPSHOT]...",
        help="A recording, or several files of one host; without it, this host now.",
        autocompletion=offers.recordings,
        show_default=False,
    ),
]
BeforeFilesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--before",
        help="A file of the host before, where there are several; in place of BEFORE.",
        metavar="FILE",
        autocompletion=offers.recordings,
        show_default=False,
    ),
]
AfterFilesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--after",
        help="A file of the host after; in place of AFTER.",
        metavar="FILE",
        autocompletion=offers.recordings,
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Write to this file; - is standard output.", show_default=False),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is at -o already, also a file of others.")]
ColourOption = Annotated[Colour, typer.Option("--color", help="Colour the terminal report; NO_COLOR turns `auto` off.")]
WideOption = Annotated[bool, typer.Option("--wide", help="Wrap nothing, whatever the terminal's width.")]
StrictOption = Annotated[bool, typer.Option("--strict", help="Exit with 4 when anything could not be seen.")]
ExitCodeOption = Annotated[bool, typer.Option("--exit-code", help="Exit with 1 when there are differences.")]
CountersOption = Annotated[bool, typer.Option("--counters", help="Compare packet and byte counters too.")]
ExposureOption = Annotated[
    bool | None,
    typer.Option(
        "--exposure/--no-exposure",
        help="Compute who can reach what, and could not before; else only where that is quick.",
        show_default=False,
    ),
]


def day_option(meaning: str) -> Any:  # noqa: ANN401 (typer's own type has no name)
    """Return the option `--today`: the day that something is judged by, which is today where none is given."""
    words = f"{meaning} [default: today]."
    return typer.Option("--today", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=words, show_default=False)


PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        help="Hold this policy of who may reach what too (docs/policy.md).",
        metavar="FILE",
        show_default=False,
    ),
]
DockerHostOption = Annotated[
    str | None,
    typer.Option(
        "--docker-host",
        help="Docker's API, such as unix:///run/docker.sock; else DOCKER_HOST.",
        show_default=False,
    ),
]
_LONGEST = 1e6  # seconds, eleven days; the kernel's clocks take no infinity


def some_seconds(value: float) -> float:
    """Refuse what no clock can wait for: infinity, and NaN."""
    if not 0 <= value <= _LONGEST:
        raise typer.BadParameter(f"{value} is not a number of seconds from 0 to {_LONGEST:.0f}.")
    return value


TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=0.1,
        metavar="SECONDS",
        help="How long each program and API call may take.",
        callback=some_seconds,
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="The history; else NETAUDIT_STORE, the service's, or this user's own.",
        show_default=False,
    ),
]
RedactKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--redact-key",
        help="The file of the key; it is created if missing. Without it, a key for this user.",
        metavar="FILE",
        show_default=False,
    ),
]
UplinkOption = Annotated[
    list[str] | None,
    typer.Option("--uplink", help="An interface that the Internet is behind; else by the default route."),
]
