"""Say something on standard error: one line, of which nothing is obeyed by a terminal or by a pipeline's log."""

import typer

from netaudit.errors import NetauditError

_LONGEST = 2000  # characters of a line: a name that somebody else chose may have a million
_END = 500  # of which stay at the end, where a line says what to do next


def say(text: str) -> None:
    """Print a line of netaudit's own, whatever names it holds."""
    typer.echo(safe_line(text), err=True)


def say_lines(text: str) -> None:
    """Print lines that another library wrote, whatever names they hold."""
    from netaudit.report.text.sanitize import terminal_text

    typer.echo("\n".join(map(terminal_text, text.rstrip("\n").split("\n"))), err=True)


def say_error(error: NetauditError) -> None:
    """Print what went wrong, and what to do next."""
    say(f"{error.message} ({error.hint})" if error.hint else error.message)


def safe_line(text: str) -> str:
    """Return the line that `say` prints."""
    from netaudit.report.text.sanitize import terminal_text

    left_out = len(text) - _LONGEST
    if left_out > 0:
        text = f"{text[: _LONGEST - _END]}… ({left_out} characters are left out) …{text[-_END:]}"
    return terminal_text(f"netaudit: {text}")
