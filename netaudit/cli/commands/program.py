"""The commands of `netaudit`. Each is imported when it is asked for: all of them take longer than most of them work."""

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer

from netaudit.errors import UsageError
from netaudit.release import RELEASE


class Command(NamedTuple):
    """A command: its module below `commands`, which holds it under the module's name, and what --help says of it."""

    module: str
    does: str  # whole within 80 columns
    takes_another: bool = False  # the words of another command come last, and its options are its own


COMMANDS = {
    "record": Command("record", "Record this host, or others over ssh."),
    "diff": Command("diff", "Show what changed since a recording, and what caused it."),
    "run": Command("run", "Run a command, and show what it changed.", takes_another=True),
    "plan": Command("plan", "Say what a command would do, before it runs.", takes_another=True),
    "show": Command("show", "Show every rule with its cause, and those that are missing."),
    "explain": Command("explain", "Say why a rule is there, or what a word of a report means."),
    "exposure": Command("exposure", "Show who can reach what."),
    "trace": Command("trace", "Follow one packet, rule by rule."),
    "audit": Command("audit", "Find what is wrong, with proof and what to do."),
    "assert": Command("assert_", "Hold a policy of who may reach what against a host."),
    "report": Command("report", "Write the report for people, such as a page of HTML."),
    "doctor": Command("doctor", "Tell whether this host can be read."),
    "watch": Command("over_time.watch", "Watch this host, and keep what changes."),
    "log": Command("over_time.log", "Show what changed over time, by whom, because of what."),
    "blame": Command("over_time.blame", "Say since when a rule is there, and who brought it."),
    "bisect": Command("over_time.bisect", "Find the change that broke a policy or opened a way."),
    "serve": Command("over_time.serve", "Serve pages of the history, to this host alone."),
    "history": Command("over_time.history", "List the looks of a history, remove old ones, check them."),
    "verify": Command("verify", "Check that a recording is what was recorded."),
    "redact": Command("redact", "Write a recording that can be given away."),
}
FLEET = Command("fleet", "Audit many hosts at once, and ask across all.")  # a group of commands


def program_for(words: Sequence[str]) -> typer.Typer:
    """Return the program for the words of a command line: with the command that they begin with, alone.

    Without one, nothing but the list of commands can be asked for; a shell that completes needs all with their options.
    """
    if "_NETAUDIT_COMPLETE" in os.environ:
        return whole_program()
    asked = next((word for word in words if word != "--"), "")  # `netaudit -- audit` is `netaudit audit`
    if asked in COMMANDS:
        return _make([asked], with_fleet=False)
    return _make((), with_fleet=True) if asked == "fleet" else _list()


def whole_program() -> typer.Typer:
    """Return the program with all commands."""
    return _make(COMMANDS, with_fleet=True)


def _make(names: Iterable[str], *, with_fleet: bool) -> typer.Typer:
    app = _empty()
    for name in names:
        command = COMMANDS[name]
        settings = {"allow_interspersed_args": False} if command.takes_another else None
        app.command(name, short_help=command.does, context_settings=settings)(_load(command))
    if with_fleet:
        app.add_typer(_load(FLEET), name="fleet", short_help=FLEET.does)
    return app


def _load(command: Command) -> Any:  # noqa: ANN401 (a function, or a typer.Typer)
    module = import_module(f"netaudit.cli.commands.{command.module}")
    return getattr(module, command.module.rpartition(".")[2])


def _list() -> typer.Typer:
    """Return the program with the names of commands alone."""
    app = _empty()
    for name, command in (*COMMANDS.items(), ("fleet", FLEET)):
        app.command(name, short_help=command.does)(_only_listed)
    return app


def _only_listed() -> None:
    """Stand for a command that is listed. Raises UsageError: it would do nothing."""
    raise UsageError("the command was not understood", hint="name it first: netaudit COMMAND ...")


def _empty() -> typer.Typer:
    app = typer.Typer(
        name="netaudit",
        help="Which container caused which Netfilter rule. netaudit only reads: it changes nothing on a host.",
        no_args_is_help=True,
        add_completion=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"netaudit {RELEASE}")
        raise typer.Exit


def _root(
    *,
    version: bool = typer.Option(
        False, "--version", "-v", help="Print the version and exit.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Take the options that stand before the command."""
