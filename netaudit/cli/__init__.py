"""The command line: one file per command, no logic in it. typer is imported below this package alone.

Exit codes: 0 nothing at or above the bar, 1 findings at or above it, differences with --exit-code, or a recording that
`verify` finds to differ, 2 usage, 3 netaudit failed, 4 incomplete under --strict, or an audit whose bar asks for what
--no-exposure left out; `run` gives the code of the command that it ran.
"""

import errno
import os
import shlex
import sys
from io import StringIO
from typing import NoReturn

from typer._click.exceptions import ClickException

from netaudit.cli.commands.program import program_for
from netaudit.errors import NetauditError, OutputError


def main() -> NoReturn:
    """Run netaudit; an expected failure is one line with a hint, a bug is a traceback."""
    try:
        _require_stdout()
        words = _as_options(sys.argv[1:])
        code = program_for(words)(words, standalone_mode=False)
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
    from netaudit.cli.guesses import guess
    from netaudit.cli.say import say_lines

    said = StringIO()
    error.show(said)
    meant = guess(sys.argv[1:])
    say_lines(said.getvalue() + (f"did you mean: netaudit {shlex.join(meant)}\n" if meant else ""))
    sys.exit(error.exit_code)


def _fail(error: NetauditError) -> NoReturn:
    from netaudit.cli.say import say_error

    say_error(error)
    sys.exit(error.exit_code)
