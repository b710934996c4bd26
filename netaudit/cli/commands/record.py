"""`netaudit record`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import DockerHostOption, ForceOption, RedactKeyOption, StrictOption, TimeoutOption, named
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.collect.asking.options import Where
    from netaudit.model.facts import Facts
    from netaudit.store import Replace


def record(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A folder, or a .tar or .tar.gz; without it the recording is kept for `netaudit diff`.",
            show_default=False,
            callback=named,
        ),
    ] = None,
    force: ForceOption = False,
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            help="Record this host instead, over ssh: ssh://user@host[:port]; may be given several times.",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    script: Annotated[
        bool, typer.Option("--script", help="Print a shell script that records a host without netaudit, and exit.")
    ] = False,
    inside: Annotated[
        bool, typer.Option("--inside", help="Record the rules inside containers too, such as for embedded DNS.")
    ] = False,
    print_commands: Annotated[
        bool,
        typer.Option("--print-commands", help="Say on standard error every command and API call before it is made."),
    ] = False,
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
    strict: StrictOption = False,
    redact: Annotated[bool, typer.Option("--redact", help="Replace addresses, names and texts.")] = False,
    redact_key: RedactKeyOption = None,
) -> None:
    """Record this host: rules, Docker's inventory and the facts around them."""
    from netaudit.cli.output import INCOMPLETE, replacing
    from netaudit.cli.remote import record_hosts
    from netaudit.cli.sources import make_where

    if script:
        _print_script(timeout)
        raise typer.Exit
    if host and inside:
        raise UsageError("--inside reads containers of this host", hint="leave out --host, or --inside")
    if redact and host:
        raise UsageError("--redact is for this host", hint="record without it, then: netaudit redact RECORDING")
    if print_commands:
        _announce()
    replace, code = replacing(force=force), 0
    if host:
        made, code = record_hosts(host, output, timeout, replace)
    elif redact:
        made = [_record_redacted(make_where(docker_host, timeout, inside=inside), output, replace, redact_key)]
    else:
        made = [_record_this(make_where(docker_host, timeout, inside=inside), output, replace)]
    incomplete = strict and any(facts.gaps for facts in made)
    raise typer.Exit(code or (INCOMPLETE if incomplete else 0))


def _print_script(timeout: float) -> None:
    from netaudit.cli.output import write
    from netaudit.collect.remote.script import recording_script

    write(recording_script(timeout).encode(), None)


def _record_this(where: "Where", output: Path | None, replace: "Replace") -> "Facts":
    from netaudit.cli.histories import keep_look, keep_look_where_one_is
    from netaudit.model.history.look import Origin

    facts = _collect(where, output, replace)
    _keep(facts, output, replace)
    if output is None:
        keep_look(facts, Origin.RECORD)
    else:
        keep_look_where_one_is(facts, Origin.RECORD)
    return facts


def _record_redacted(where: "Where", output: Path | None, replace: "Replace", key: Path | None) -> "Facts":
    """Record this host redacted; this host's own history, where there is one, keeps it as it is."""
    from netaudit.cli.histories import keep_look_where_one_is
    from netaudit.model.history.look import Origin

    facts = _collect(where, output, replace)
    redacted = _redact(facts, key)
    _keep(redacted, output, replace)
    keep_look_where_one_is(facts, Origin.RECORD)
    return redacted


def _collect(where: "Where", output: Path | None, replace: "Replace") -> "Facts":
    from netaudit.cli.sources import collect_host
    from netaudit.store import require_place

    if output is not None:
        require_place(output, replace)
    return collect_host(where)


def _redact(facts: "Facts", key: Path | None) -> "Facts":
    from netaudit.catalog import load_catalog
    from netaudit.cli.commands.redact import say_removed
    from netaudit.cli.sources import redact_key
    from netaudit.store.redaction import redact

    redaction = redact(facts, redact_key(key), load_catalog())
    say_removed(redaction)
    return redaction.facts


def _announce() -> None:
    """Print what collecting announces, one line each, before it is done."""
    import logging

    from netaudit.cli.say import safe_line
    from netaudit.collect.asking.audit_log import LOGGER

    class OneLine(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return safe_line(record.getMessage())

    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    logging.getLogger(LOGGER).addHandler(handler)
    logging.getLogger(LOGGER).setLevel(logging.INFO)


def _keep(facts: "Facts", output: Path | None, replace: "Replace") -> None:
    """Save a recording of this host, say what it lacks and what its digest is, and print where it is."""
    from netaudit.cli.output import print_path
    from netaudit.cli.say import say
    from netaudit.cli.sources import kept_folder
    from netaudit.report.text.words import describe_gap
    from netaudit.store import keep, manifest_of, save

    if output is None:
        output = keep(facts, kept_folder())
    else:
        save(facts, output, replace)
    for gap in facts.gaps:
        say(f"could not see {describe_gap(gap)}")
    say(f"digest {manifest_of(facts).digest()}")
    print_path(output)
