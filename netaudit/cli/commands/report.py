"""`netaudit report`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.api.formats import Format
from netaudit.cli.completing import offers
from netaudit.cli.options import (
    AfterFilesOption,
    BeforeFilesOption,
    DockerHostOption,
    ForceOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    StoreOption,
    StrictOption,
    TimeoutOption,
)
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.cli.output import Output


def report(
    before: Annotated[
        Path | None, typer.Argument(help="A recording; without it, this host now.", autocompletion=offers.recordings)
    ] = None,
    after: Annotated[
        Path | None,
        typer.Argument(help="A second recording: then the report is of the changes.", autocompletion=offers.recordings),
    ] = None,
    before_files: BeforeFilesOption = None,
    after_files: AfterFilesOption = None,
    form: FormatOption = Format.HTML,
    output: OutputOption = None,
    force: ForceOption = False,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="A Jinja2 template of your own, in place of a format.", show_default=False),
    ] = None,
    exposure: Annotated[
        bool | None,
        typer.Option("--exposure/--no-exposure", help="Compute who can reach what [default: on].", show_default=False),
    ] = None,
    audit: Annotated[
        bool, typer.Option("--audit/--no-audit", help="Add findings to the report (HTML, Markdown).")
    ] = True,
    policy: PolicyOption = None,
    history: Annotated[
        bool, typer.Option("--history", help="The page of this host's history: what changed, what was open when.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="With --history: such as yesterday, 7d.", show_default=False),
    ] = None,
    store: StoreOption = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Write the report for people: of one host, of what changed between two recordings, or of its history."""
    from netaudit.cli import output as out
    from netaudit.cli.reporting import Wanted, report_changes, report_host, require_possible, unknown_of
    from netaudit.cli.screen.progress import progress
    from netaudit.cli.sources import load_files_or_collect, make_where, name_sides, of_one_host, when_reported
    from netaudit.cli.templates import read_template

    first, second = name_sides((before, after), (before_files, after_files))
    place = out.place(output, force=force, form=None if template or history else form)
    if history:
        _write_history(place, since, store, others=(*first, *second, template, policy))
        return
    if since or store:
        raise UsageError("--since and --store belong to --history", hint="netaudit report --history -o history.html")
    own = read_template(template) if template else None
    wanted = Wanted(form, place, own, when_reported(exposure), audit=audit, policy=policy)
    require_possible(wanted)
    with progress("reading"):
        where = make_where(docker_host, timeout)
        facts = load_files_or_collect(first, where)
        later = of_one_host(facts, load_files_or_collect(second, where), named=True) if second else None
    if later is None:
        shown = report_host(facts, wanted)
        raise typer.Exit(out.exit_code(shown.head, strict=strict, undecided=unknown_of(shown)))
    changed = report_changes(facts, later, wanted)
    raise typer.Exit(out.exit_code(changed.before, changed.after, strict=strict, undecided=unknown_of(changed)))


def _write_history(place: "Output | None", since: str | None, store: Path | None, others: tuple[object, ...]) -> None:
    """Write the page of a history."""
    from netaudit.cli import output as out
    from netaudit.cli.histories import reading
    from netaudit.cli.screen.progress import progress
    from netaudit.history.reference import read_time
    from netaudit.report.history.page import render_history
    from netaudit.timeline.story import tell_story

    if any(one is not None for one in others):
        raise UsageError("--history is a report of its own", hint="netaudit report --history -o history.html")
    if place is None and sys.stdout.isatty():
        raise UsageError("this report is a page of HTML", hint="give -o history.html, or netaudit log")
    begin = read_time(since.removeprefix("@"), datetime.now(UTC).astimezone()) if since else None
    with progress("reading the history"), reading(store) as history:
        story = tell_story(history, begin)
    out.write(render_history(story).encode(), place)
