"""`netaudit assert`."""

from pathlib import Path
from typing import Annotated

import typer

from netaudit.api.formats import AssertFormat
from netaudit.cli.options import (
    Colour,
    ColourOption,
    DockerHostOption,
    ForceOption,
    OutputOption,
    StrictOption,
    TimeoutOption,
)


def assert_(
    snapshot: Annotated[Path | None, typer.Argument(help="A recording; without it, this host now.")] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", "-p", help="Else netaudit-policy.yaml in this folder.")
    ] = None,
    form: Annotated[AssertFormat, typer.Option("--format", "-f", help="What to print.")] = AssertFormat.TERMINAL,
    output: OutputOption = None,
    force: ForceOption = False,
    color: ColourOption = Colour.AUTO,
    uplink: Annotated[
        list[str] | None,
        typer.Option("--uplink", help="An interface that the Internet is behind; else by the default route."),
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
    from netaudit.api.policies import entry_at, explain_entry, hold_policy, suggest_policy
    from netaudit.api.renderers import render_assertion
    from netaudit.catalog.policy import DEFAULT, load_policy
    from netaudit.cli import output as out
    from netaudit.cli.sources import load_or_collect, make_where
    from netaudit.policy.verdict import Verdict
    from netaudit.report.terminal.assertion import render_tried

    place = out.place(output, force=force)
    style = out.style(place, color)
    if suggest:
        facts = load_or_collect(snapshot, make_where(docker_host, timeout))
        out.write(suggest_policy(facts, uplink or None).encode(), place)
        return
    entries = load_policy(policy or Path(DEFAULT))
    if explain is not None:
        entry = entry_at(entries, explain)
        facts = load_or_collect(snapshot, make_where(docker_host, timeout))
        tried = explain_entry(facts, entry, uplinks=uplink or None)
        out.write(render_tried(tried, style).encode(errors="replace"), place)
        return
    held = hold_policy(load_or_collect(snapshot, make_where(docker_host, timeout)), entries, uplinks=uplink or None)
    if form is AssertFormat.TERMINAL:
        from netaudit.report.terminal.assertion import render_assertion as render_terminal

        out.show(lambda chosen: render_terminal(held, chosen), style, place)
    else:
        out.write(render_assertion(held, form, style), place)
    code = out.exit_code(held.head, strict=strict, different=held.failed > 0, undecided=held.count(Verdict.UNDECIDED))
    raise typer.Exit(code)
