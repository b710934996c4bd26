"""`netaudit assert`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import AssertFormat
from netaudit.cli.options import (
    FORMAT_HELP,
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
    UplinkOption,
    form_by_name,
)


def assert_(
    snapshots: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SNAPSHOT]...",
            help="A recording, several files of one host, or a plan as JSON; without it, this host now.",
            show_default=False,
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", "-p", help="Else netaudit-policy.yaml in this folder.")
    ] = None,
    form: Annotated[
        AssertFormat, typer.Option("--format", "-f", help=FORMAT_HELP, callback=form_by_name)
    ] = AssertFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    uplink: UplinkOption = None,
    on: Annotated[
        list[Path] | None,
        typer.Option(
            "--on",
            help="Of a plan: the recording, or the files, to hold it on, in place of its own.",
            metavar="SNAPSHOT",
            show_default=False,
        ),
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Write the policy that holds today, for you to prune.")
    ] = False,
    explain: Annotated[
        int | None,
        typer.Option("--explain", metavar="LINE", help="Say which rules the entry on this line rests on."),
    ] = None,
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Hold a policy of who may reach what against a host; exit 1 if an entry is broken, or names nothing."""
    from netaudit.api.policies import entry_at, explain_entry, hold_against, suggest_policy
    from netaudit.catalog.policy import DEFAULT, load_policy
    from netaudit.cli import output as out
    from netaudit.cli.holding import load_host, undecided_entries
    from netaudit.cli.sources import make_where
    from netaudit.policy.entry import Policy
    from netaudit.report.terminal.assertion import render_tried

    place = out.place(output, force=force)
    style = out.style(place, color)
    entries = Policy(()) if suggest else load_policy(policy or Path(DEFAULT))
    entry = None if explain is None else entry_at(entries, explain)
    host = load_host(snapshots or [], on or [], make_where(docker_host, timeout))
    if suggest:
        out.write(suggest_policy(host.snapshot, uplink or None).encode(), place)
        return
    if entry:
        tried = host.spell(explain_entry(host.snapshot, entry, uplinks=uplink or None))
        out.write(render_tried(tried, style).encode(errors="replace"), place)
        return
    held = host.spell(hold_against(host.snapshot, entries, uplinks=uplink or None))
    out.print_assertion(held, form, place, style)
    code = out.exit_code(held.head, strict=strict, different=held.failed > 0, undecided=undecided_entries(held))
    raise typer.Exit(code)
