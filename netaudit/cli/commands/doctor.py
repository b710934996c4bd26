"""`netaudit doctor`."""

import os
from typing import TYPE_CHECKING

import typer

from netaudit.cli.options import DockerHostOption, StrictOption, TimeoutOption

if TYPE_CHECKING:
    from netaudit.model.facts import Facts
    from netaudit.model.snapshot import Snapshot


def doctor(
    strict: StrictOption = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Tell whether this host can be read: privileges, backends, Docker, and every gap with its reason."""
    from netaudit.cli import output as out
    from netaudit.cli.sources import make_where, require_rules
    from netaudit.collect.asking.search_path import writable_by_others
    from netaudit.collect.collector import collect
    from netaudit.report.terminal.doctor import render_doctor

    facts = collect(make_where(docker_host, timeout))
    text = render_doctor(facts, root=os.geteuid() == 0, loose=writable_by_others(), snapshot=_parsed(facts))
    out.write(text.encode(errors="replace"), None)
    require_rules(facts)
    raise typer.Exit(out.INCOMPLETE if strict and facts.gaps else 0)


def _parsed(facts: "Facts") -> "Snapshot | None":
    """Parse what was read; None where it cannot be, which every other command says."""
    from netaudit.errors import ParseError
    from netaudit.parse import parse_snapshot

    try:
        return parse_snapshot(facts)
    except ParseError:
        return None
