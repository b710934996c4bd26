"""Help answers at once: nothing slow is imported before it is used."""

import json
import re
import subprocess
import sys

import pytest
from programs import ONE_PORT, environment, run, run_inside
from typer.testing import CliRunner

from netaudit.cli.commands import program
from netaudit.errors import UsageError
from netaudit.release import RELEASE

COMMANDS = ["record", "diff", "run", "plan", "show", "explain", "exposure", "trace", "audit", "assert"]
COMMANDS += ["report", "doctor", "watch", "log", "blame", "bisect", "serve", "history", "verify", "redact"]
OF_FLEET = [["fleet"], *(["fleet", name] for name in ("audit", "query", "report", "collect"))]
SLOW = [
    "docker",
    "requests",
    "jinja2",
    "tabulate",
    "yaml",
    "msgspec",
    "iptc",
    "rich",
    "asyncio",
    "tarfile",
    "oxidd",
    "cel_expr_python",
    "pyarrow",
    "duckdb",
    "obstore",
]
IMPORTED = """
import json, sys
from netaudit.cli import main
before = set()
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["netaudit", *arguments]
    try:
        main()
    except SystemExit as end:
        imported = {name.partition(".")[0] for name in sys.modules} - before
        before |= imported
        print(json.dumps([arguments, end.code, sorted(imported)]), file=sys.stderr)
"""


def test_the_commands_are_these() -> None:
    assert list(program.COMMANDS) == COMMANDS


def test_help_lists_what_the_whole_program_has() -> None:
    whole = CliRunner().invoke(program.whole_program(), ["--help"], prog_name="netaudit")
    assert whole.stdout.partition("\n")[2] == run_inside("--help").stdout.partition("\n")[2]


def test_a_command_is_imported_without_the_others() -> None:
    asked = "import sys; sys.argv[1:] = ['trace', '--help']; from netaudit.cli import main\nmain()"
    check = f"try:\n exec({asked!r})\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", f"import sys\n{check}"], capture_output=True, text=True, check=True)
    commands = {name for name in done.stderr.split() if name.startswith("netaudit.cli.commands.")}
    assert commands == {"netaudit.cli.commands.program", "netaudit.cli.commands.trace"}


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS), *OF_FLEET], ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help_within_80_columns(command: list[str], option: str) -> None:
    done = run_inside(*command, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert all(name in done.stdout for name in (COMMANDS if not command else ["--help"]))


def test_what_a_command_does_is_said_whole() -> None:
    listed = run_inside("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(listed) == len(COMMANDS) + 1  # and `fleet`, which has its own
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_help_imports_nothing_slow() -> None:
    asked = [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS), ["fleet", "audit", "--help"]]
    program = [sys.executable, "-c", IMPORTED, json.dumps(asked)]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=environment())
    answered = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(arguments, code or 0) for arguments, code, _ in answered] == [(arguments, 0) for arguments in asked]
    slow = {" ".join(arguments): found for arguments, _, names in answered if (found := set(SLOW) & set(names))}
    assert slow == {}


def test_the_version_is_the_release() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"netaudit {RELEASE}\n", "")


def test_no_command_is_a_question_for_help() -> None:
    done = run_inside()
    assert done.returncode == 2
    assert "Usage: " in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        ["show", "--format", "pdf"],
        ["explain"],
        ["run"],
        ["blame", "a", "b", "c"],
        ["doctor", "--timeout", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_from_failure(arguments: list[str]) -> None:
    done = run_inside(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"^Error: |^Try ", done.stderr, re.MULTILINE)
    assert "Traceback" not in done.stderr


def test_two_dashes_before_the_command_change_nothing() -> None:
    plain, dashed = run_inside("audit", ONE_PORT / "02"), run_inside("--", "audit", ONE_PORT / "02")
    assert plain.stdout
    assert (dashed.returncode, dashed.stdout) == (plain.returncode, plain.stdout)


def test_a_command_that_is_only_listed_never_passes_silently() -> None:
    listed = CliRunner().invoke(program.program_for(["--help"]), ["audit"])
    assert listed.exit_code != 0
    assert isinstance(listed.exception, UsageError)
