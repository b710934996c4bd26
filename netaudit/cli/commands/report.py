"""`netaudit report`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import Format
from netaudit.cli.options import (
    DockerHostOption,
    ExposureOption,
    ForceOption,
    FormatOption,
    OutputOption,
    PolicyOption,
    StrictOption,
    TimeoutOption,
)


def report(
    before: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    after: Annotated[Path | None, typer.Argument(help="A second recording: then the report is of the changes.")] = None,
    form: FormatOption = Format.HTML,
    output: OutputOption = None,
    force: ForceOption = False,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="A Jinja2 template of your own, in place of a format.", show_default=False),
    ] = None,
    exposure: ExposureOption = None,
    audit: Annotated[
        bool, typer.Option("--audit/--no-audit", help="Add findings to the report of one host (HTML, Markdown).")
    ] = True,
    policy: PolicyOption = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Write the report for people: of one host, or of what changed between two recordings."""
    from netaudit.cli import output as out
    from netaudit.cli.progress import progress
    from netaudit.cli.reporting import Wanted, report_changes, report_host, require_place
    from netaudit.cli.sources import load_or_collect, make_where, when_computed
    from netaudit.cli.templates import read_template

    place = out.place(output, force=force)
    own = read_template(template) if template else None
    wanted = Wanted(form, place, own, when_computed(exposure), audit=audit, policy=policy)
    require_place(wanted)
    with progress("reading"):
        where = make_where(docker_host, timeout)
        facts = load_or_collect(before, where)
        later = load_or_collect(after, where) if after is not None else None
    if later is None:
        shown = report_host(facts, wanted)
        raise typer.Exit(out.exit_code(shown.head, strict=strict, undecided=shown.coverage.undecided))
    changed = report_changes(facts, later, wanted)
    undecided = changed.coverage.undecided
    raise typer.Exit(out.exit_code(changed.before, changed.after, strict=strict, undecided=undecided))
