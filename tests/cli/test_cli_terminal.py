"""What a person before a terminal gets: width, colour, a pager, progress, completion; and nobody else does."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from subprocess import DEVNULL, STDOUT

import pytest
from programs import environment, run, run_inside
from sampling import sampled

RECORDINGS = Path(__file__).parents[1] / "recordings"
LONG = ("show", str(RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "01"))
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def on_terminal(*command: str, columns: int = 80, lines: int = 24, errors: int = DEVNULL, **variables: str) -> str:
    """Run a program on a terminal of its own, and give all that was shown there.

    What goes to standard error is thrown away, for a slow machine has progress to report; STDOUT shows it too.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    settings = {**environment(), "TERM": "xterm", "CI": "", **variables}
    settings = {name: value for name, value in settings.items() if name not in ("COLUMNS", "LINES")}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=errors, env=settings, close_fds=True) as process:
        os.close(slave)
        shown = b""
        while chunk := _read(master):
            shown += chunk
        process.wait(timeout=30)
    os.close(master)
    return shown.decode(errors="replace").replace("\r\n", "\n")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the other side is closed
        return b""


def netaudit(*arguments: str, **options: object) -> str:
    return on_terminal(sys.executable, "-m", "netaudit", *arguments, **options)  # type: ignore[arg-type]


@pytest.mark.matrix
def test_a_report_fits_its_terminal() -> None:
    narrow, wide = (ESCAPE.sub("", netaudit(*LONG, columns=columns, PAGER="cat")) for columns in (80, 200))
    assert max(map(len, narrow.split("\n"))) <= 80 < max(map(len, wide.split("\n"))) <= 200
    assert re.sub(r"\s+", "", narrow) == re.sub(r"\s+", "", wide)


@pytest.mark.matrix
def test_wide_wraps_nothing() -> None:
    wide = ESCAPE.sub("", netaudit(*LONG, "--wide", PAGER="cat"))
    lines = [line for line in wide.split("\n") if "--to-destination" in line]
    assert lines
    assert all(re.search(r"-A DOCKER .* --to-destination [\d.]+:\d+$", line.rstrip()) for line in lines)
    assert run_inside(*LONG, "--wide").stdout == wide


@pytest.mark.matrix
def test_colour_is_for_terminals_that_want_it() -> None:
    assert ESCAPE.search(netaudit(*LONG, PAGER="cat"))
    assert not ESCAPE.search(netaudit(*LONG, PAGER="cat", NO_COLOR="1"))


def test_a_page_of_html_is_not_poured_into_a_terminal() -> None:
    shown = netaudit("report", LONG[1], errors=STDOUT)
    assert shown == "netaudit: this report is a page of HTML (give -o report.html, or --format terminal)\n"


@pytest.mark.matrix
def test_what_is_longer_than_the_screen_goes_to_the_pager(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    pager = tmp_path / "less"
    pager.write_text(f'#!/bin/sh\necho "LESS=$LESS"\ncat >{seen}\n')
    pager.chmod(0o755)
    assert netaudit(*LONG, PAGER=str(pager)) == "LESS=FRX\n"
    assert ESCAPE.search(seen.read_text())
    piped = run(*LONG, env={"PAGER": str(pager)}).stdout
    assert ESCAPE.sub("", seen.read_text()) == piped
    assert "LESS=" not in piped
    assert netaudit(*LONG, PAGER=str(pager), LESS="S") == "LESS=S\n"
    assert seen.read_text() == piped  # a less that shows no colours gets none


@pytest.mark.matrix
@pytest.mark.parametrize("pager", sampled(("", "/nowhere/less"), ("/nowhere/less",)))
def test_without_a_pager_the_report_is_shown_all_the_same(pager: str) -> None:
    assert "18 rules: 18 proved" in netaudit(*LONG, PAGER=pager)


@pytest.mark.matrix
@pytest.mark.parametrize(("ci", "paged"), [("true", False), ("1", False), ("false", True), ("", True)])
def test_there_is_no_pager_in_ci(ci: str, paged: bool) -> None:  # noqa: FBT001
    assert (netaudit(*LONG, PAGER="true", CI=ci) == "") is paged


def test_a_pager_that_is_left_at_once_is_no_failure() -> None:
    assert netaudit(*LONG, PAGER="true") == ""


@pytest.mark.matrix
def test_a_path_is_its_bytes_for_a_program_and_steers_no_terminal(tmp_path: Path) -> None:
    odd = "a\x1b[31m ::error::x"
    command = ("redact", LONG[1], "--redact-key", str(tmp_path / "key"), "-o")
    assert netaudit(*command, str(tmp_path / odd)) == f"{tmp_path}/a\\x1b[31m \\x3a:error\\x3a:x\n"
    assert run_inside(*command, tmp_path / f"{odd}2").stdout == f"{tmp_path}/{odd}2\n"


PROGRESS = "import time; from netaudit.cli.screen.progress import progress\nwith progress('thinking'): time.sleep(%s)"


@pytest.mark.matrix
def test_long_work_says_what_it_does_and_takes_the_line_away() -> None:
    shown = on_terminal(sys.executable, "-c", PROGRESS % 1.2, errors=STDOUT)
    assert "netaudit: thinking, 1 s" in shown
    assert shown.endswith("\r\x1b[K")


@pytest.mark.matrix
def test_short_work_and_work_without_a_terminal_says_nothing() -> None:
    assert on_terminal(sys.executable, "-c", PROGRESS % 0.1, errors=STDOUT) == ""
    done = subprocess.run(
        [sys.executable, "-c", PROGRESS % 1.2], capture_output=True, text=True, check=True, env=environment()
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("netaudit rep", ["report"]),
        ("netaudit report --for", ["--format", "--force"]),
        ("netaudit show --by b", ["binding"]),
    ],
)
def test_a_shell_completes_commands_options_and_words(words: str, offered: list[str]) -> None:
    asked = {"_NETAUDIT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [Path(sys.executable).with_name("netaudit")],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), **asked},
    )
    assert done.stdout.split() == offered


@pytest.mark.parametrize("shell", sampled(("bash", "zsh", "fish"), ("fish",)))
def test_completion_can_be_had_for_every_shell(shell: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("netaudit")],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), "_NETAUDIT_COMPLETE": f"source_{shell}"},
    )
    assert "_NETAUDIT_COMPLETE=complete_" + shell in done.stdout
