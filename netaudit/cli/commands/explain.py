"""`netaudit explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.completing import offers
from netaudit.cli.options import (
    Colour,
    DockerHostOption,
    ForceOption,
    OutputOption,
    SnapshotsArgument,
    TimeoutOption,
)
from netaudit.errors import NetauditError, RecordingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.collect.asking.options import Where
    from netaudit.report.terminal.style import Style


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            help="A rule (nat/DOCKER#2, ip6:filter/FORWARD), a container, network, address, port, check, CVE, signature"
            " or writer of rules (ufw), a word or symbol of a report (stale, ?), or the ID of a finding.",
            autocompletion=offers.subjects,
        ),
    ],
    snapshots: SnapshotsArgument = None,
    output: OutputOption = None,
    force: ForceOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Say why a rule is there and what would break without it, what a container or network caused, what a word means.

    A word, a check or a writer of rules is explained without reading anything; where SNAPSHOT is given, what has that
    name there first, such as what the check found.
    """
    from netaudit.cli import output as out
    from netaudit.cli.explaining.words import explain_alone
    from netaudit.cli.sources import make_where

    place = out.place(output, force=force)
    style = out.style(place, Colour.NEVER, snapshots=snapshots or ())
    said = "" if snapshots else explain_alone(subject, style.width)
    said = said or _from_host(subject, snapshots, make_where(docker_host, timeout), style)
    out.write(said.encode(errors="replace"), place)


def _from_host(subject: str, snapshots: "Sequence[Path] | None", where: "Where", style: "Style") -> str:
    """Explain what a host has to be read for."""
    from netaudit.cli.explaining.on_host import explain_on_host
    from netaudit.cli.sources import load_all_or_collect

    snapshot = snapshots[0] if snapshots else None
    try:
        facts = load_all_or_collect(snapshots, where)
    except NetauditError as error:
        return _chain_alone(subject, snapshot, error, style.width)
    return explain_on_host(subject, facts, snapshot, style)


def _chain_alone(subject: str, snapshot: Path | None, error: NetauditError, width: int) -> str:
    """Explain a chain where no host can be read; what else was asked for needs one, and a plan is no host."""
    from netaudit.api.plan_files import find_plan
    from netaudit.report.terminal.explain.chains import look_up_chain
    from netaudit.report.terminal.explain.glossary import render_word

    if snapshot is not None and snapshot.is_file() and find_plan(snapshot) is not None:
        said = f"{snapshot} is a plan, and explain reads recordings"
        raise RecordingError(said, hint="`netaudit plan --verbose -- COMMAND` prints its findings with their evidence")
    if snapshot is None and (meaning := look_up_chain(subject)):
        return render_word(meaning, width)
    raise error
