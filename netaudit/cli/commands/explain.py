"""`netaudit explain`."""

import re
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
from netaudit.errors import NetauditError, RecordingError, SubjectError

if TYPE_CHECKING:
    from netaudit.audit.checks.check import Check
    from netaudit.model.facts import Facts


def explain(
    subject: Annotated[
        str,
        typer.Argument(
            help="A rule (nat/DOCKER#2, ip6:filter/FORWARD), a container, network, signature, check or CVE,"
            " or a word or symbol of a report (stale, ?), or the ID of a finding.",
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

    A word of a report is explained without reading anything; where SNAPSHOT is given, what has that name there first.
    """
    from netaudit.cli import output as out
    from netaudit.cli.auditing import explain_finding
    from netaudit.cli.sources import load_all_or_collect, make_where

    place = out.place(output, force=force)
    snapshot = snapshots[0] if snapshots else None
    style = out.style(place, Colour.NEVER, snapshots=snapshots or ())
    said = _without_a_host(subject, snapshot, style.width)
    if not said:
        try:
            facts = load_all_or_collect(snapshots, make_where(docker_host, timeout))
        except NetauditError as error:
            said = _chain_alone(subject, snapshot, error, style.width)
        else:
            said = explain_finding(subject, facts, style) or _on_a_host(subject, facts, snapshot, style.width)
    out.write(said.encode(errors="replace"), place)


def _without_a_host(subject: str, snapshot: Path | None, width: int) -> str:
    """Explain a word of a report, or a check; "" where it is neither. A chain may have rules, so a host is read."""
    from netaudit.catalog import find_check
    from netaudit.report.terminal.explain.chains import look_up_chain
    from netaudit.report.terminal.explain.check import render_check
    from netaudit.report.terminal.explain.glossary import look_up, render_word

    meaning = look_up(subject)
    if meaning and snapshot is None and not look_up_chain(subject):
        return render_word(meaning, width)
    check = find_check(subject)
    checks = [check] if check else _checks_for(subject)
    return "\n".join(render_check(one, width) for one in checks)


def _checks_for(reference: str) -> "list[Check]":
    """Return the checks that look for a known vulnerability."""
    from netaudit.catalog import load_checks

    if not re.fullmatch(r"(?i)CVE-\d{4}-\d+", reference):
        return []
    found = [one for one in load_checks() if reference.upper() in one.references]
    if not found:
        said = f"no check of netaudit looks for {reference.upper()}"
        raise SubjectError(said, hint="docs/checks.md lists what the checks look for")
    return found


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


def _on_a_host(subject: str, facts: "Facts", snapshot: Path | None, width: int) -> str:
    """Explain what is on the host, then the word of a report that has the same name."""
    from netaudit.attribute.explain import explanation as explaining
    from netaudit.catalog import check_ids, load_catalog
    from netaudit.parse import parse_snapshot
    from netaudit.report.terminal.explain.chains import describe_presence, look_up_chain
    from netaudit.report.terminal.explain.explanation import render_explanations
    from netaudit.report.terminal.explain.glossary import WORDS, look_up, render_word

    meaning = look_up(subject)
    said = f"{render_word(meaning, width)}" if meaning else ""
    host = parse_snapshot(facts)
    try:
        words = (*check_ids(), *WORDS)
        found = explaining.explain(subject, host, load_catalog(), words)
    except SubjectError as error:
        if said:
            there = describe_presence(subject, host) if look_up_chain(subject) else ""
            return render_word(f"{meaning}\n  {there}", width) if there else said
        raise _of_an_id(subject, snapshot, error) from error
    return "\n".join(filter(None, (said, render_explanations(found, width))))


def _of_an_id(subject: str, snapshot: Path | None, error: NetauditError) -> NetauditError:
    """Say what to do with the ID of a finding that this host does not have."""
    if not re.fullmatch("[0-9a-f]{8,32}", subject.lower()):
        return error
    said = f"{subject} looks like the ID of a finding, and no finding {'here' if snapshot else 'of this host'} has it"
    other = "another recording" if snapshot else "the recording"
    return SubjectError(said, hint=f"name {other} that it came from: netaudit explain {subject} SNAPSHOT")
