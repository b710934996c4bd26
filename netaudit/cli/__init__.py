"""The command line: one file per command, no logic in it. typer is imported below this package alone.

Exit codes: 0 nothing at or above the bar, 1 findings at or above it, differences with --exit-code, or a recording that
`verify` finds to differ, 2 usage, 3 netaudit failed, 4 incomplete under --strict, or an audit whose bar asks for what
--no-exposure left out; `run` gives the code of the command that it ran.
"""

import errno
import os
import sys
from io import StringIO
from typing import NoReturn

import typer
from typer._click.exceptions import ClickException

from netaudit.cli.commands.assert_ import assert_
from netaudit.cli.commands.audit import audit
from netaudit.cli.commands.diff import diff
from netaudit.cli.commands.doctor import doctor
from netaudit.cli.commands.explain import explain
from netaudit.cli.commands.exposure import exposure
from netaudit.cli.commands.fleet import fleet
from netaudit.cli.commands.over_time.bisect import bisect
from netaudit.cli.commands.over_time.blame import blame
from netaudit.cli.commands.over_time.history import history
from netaudit.cli.commands.over_time.log import log
from netaudit.cli.commands.over_time.serve import serve
from netaudit.cli.commands.over_time.watch import watch
from netaudit.cli.commands.plan import plan
from netaudit.cli.commands.record import record
from netaudit.cli.commands.redact import redact
from netaudit.cli.commands.report import report
from netaudit.cli.commands.run import run
from netaudit.cli.commands.show import show
from netaudit.cli.commands.trace import trace
from netaudit.cli.commands.verify import verify
from netaudit.errors import NetauditError, OutputError
from netaudit.release import RELEASE

app = typer.Typer(
    name="netaudit",
    help="Which container caused which Netfilter rule. netaudit only reads: it changes nothing on a host.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
# What `netaudit --help` says of each, whole within 80 columns.
app.command(short_help="Record this host, or others over ssh.")(record)
app.command(short_help="Show what changed since a recording, and what caused it.")(diff)
app.command(short_help="Run a command, and show what it changed.", context_settings={"allow_interspersed_args": False})(
    run
)
app.command(
    short_help="Say what a command would do, before it runs.", context_settings={"allow_interspersed_args": False}
)(plan)
app.command(short_help="Show every rule with its cause, and those that are missing.")(show)
app.command(short_help="Say why a rule is there, or what a word of a report means.")(explain)
app.command(short_help="Show who can reach what.")(exposure)
app.command(short_help="Follow one packet, rule by rule.")(trace)
app.command(short_help="Find what is wrong, with proof and what to do.")(audit)
app.command("assert", short_help="Hold a policy of who may reach what against a host.")(assert_)
app.command(short_help="Write the report for people, such as a page of HTML.")(report)
app.command(short_help="Tell whether this host can be read.")(doctor)
app.command(short_help="Watch this host, and keep what changes.")(watch)
app.command(short_help="Show what changed over time, by whom, because of what.")(log)
app.command(short_help="Say since when a rule is there, and who brought it.")(blame)
app.command(short_help="Find the change that broke a policy or opened a way.")(bisect)
app.command(short_help="Serve pages of the history, to this host alone.")(serve)
app.command(short_help="List the looks of a history, remove old ones, check them.")(history)
app.command(short_help="Check that a recording is what was recorded.")(verify)
app.command(short_help="Write a recording that can be given away.")(redact)
app.add_typer(fleet, name="fleet", short_help="Audit many hosts at once, and ask across all.")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"netaudit {RELEASE}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: bool = typer.Option(
        False, "--version", "-v", help="Print the version and exit.", callback=_print_version, is_eager=True
    ),
) -> None:
    """Take the options that stand before the command."""


def main() -> NoReturn:
    """Run netaudit; an expected failure is one line with a hint, a bug is a traceback."""
    try:
        _require_stdout()
        code = app(_as_options(sys.argv[1:]), standalone_mode=False)
    except ClickException as error:
        _fail_usage(error)
    except NetauditError as error:
        _fail(error)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(_full_stdout(error))
    sys.exit(code if isinstance(code, int) else 0)


def _as_options(words: list[str]) -> list[str]:
    """Read `netaudit version`, `netaudit help` and `netaudit help COMMAND` as the options of that name."""
    match words:
        case ["version"]:
            return ["--version"]
        case ["help", *command]:
            return [*command, "--help"]
        case _:
            return words


def _require_stdout() -> None:
    """Refuse to work where nobody could see the result. Raises OutputError."""
    try:
        os.fstat(1)
    except OSError as error:
        raise OutputError("standard output is closed", hint="lead it somewhere, for example to /dev/null") from error


def _full_stdout(error: OSError) -> OutputError:
    """Say that a help text could not be written; reports and files say so themselves."""
    from netaudit.cli.output import forget_stdout

    forget_stdout()
    return OutputError(f"cannot write to standard output: {error.strerror}", hint="lead it elsewhere")


def _fail_usage(error: ClickException) -> NoReturn:
    """Print what typer says of a wrong command line, of which nothing is obeyed: it repeats words of the command."""
    from netaudit.cli.say import say_lines

    said = StringIO()
    error.show(said)
    say_lines(said.getvalue())
    sys.exit(error.exit_code)


def _fail(error: NetauditError) -> NoReturn:
    from netaudit.cli.say import say_error

    say_error(error)
    sys.exit(error.exit_code)
