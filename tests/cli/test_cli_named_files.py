"""Whatever a person names as a file: an error of one line that names it and says what to do; no hang, no flood."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
import typer
from programs import ONE_PORT, environment, run, run_inside
from sampling import every

from netaudit.cli.commands.program import whole_program

AFTER = str(ONE_PORT / "01")
AUDIT = ("audit", AFTER, "--no-exposure")
# Every option whose file netaudit reads, and how it is given; its code where the file cannot be used.
READ = {
    ("audit", "config"): ((*AUDIT, "--config"), 2),
    ("audit", "waivers"): ((*AUDIT, "--waivers"), 2),
    ("audit", "baseline"): ((*AUDIT, "--baseline"), 2),
    ("audit", "checks"): ((*AUDIT, "--checks"), 3),
    ("audit", "compose"): ((*AUDIT, "--compose"), 2),
    ("audit", "policy"): (("audit", AFTER, "--policy"), 2),
    ("run", "planned"): (("run", "--planned"), 2),
    ("assert", "policy"): (("assert", AFTER, "--policy"), 2),
    ("report", "template"): (("report", AFTER, "--no-exposure", "--template"), 3),
    ("redact", "key"): (("redact", AFTER, "-o", "/tmp/netaudit-test-hidden", "--redact-key"), 2),
}
BEHIND = {("run", "planned"): ("--", "true")}  # what follows the file
# `record` reads its key as `redact` does, but only of a host whose rules it may read.
SAME = {(name, "policy") for name in ("bisect", "plan", "report", "run", "watch")}  # a policy as `audit` does
SAME |= {("record", "redact_key"), ("plan", "config"), ("plan", "waivers")}
# Its own tests are in tests/plan: a client reads the Compose file, and requests are JSON within bounds.
PLANNED = {("plan", "compose"), ("plan", "compose_json"), ("plan", "requests"), ("plan", "host_profile")}
# ssh-keygen reads these, after a look at their kind and size: tests/cli/test_cli_verify.py.
SIGNED = {("verify", "signature"), ("verify", "signers")}
# A history is a database: tests/history.
HISTORIES = {(name, "store") for name in ("bisect", "blame", "history", "log", "report", "serve", "watch")}
HISTORIES |= {("bisect", "good"), ("bisect", "bad"), ("blame", "look")}  # references
# Keys may hold any bytes: tests/watching, tests/serving.
KEYS = {("watch", "webhook_key"), ("serve", "token_file")}
RECORDINGS = {
    "on",
    "snapshot",
    "snapshots",
    "recording",
    "before",
    "before_files",
    "after",
    "after_files",
    "since",
}  # the store's tests are about those
WRITTEN = {"output", "keep", "write_baseline", "metrics"}


def test_every_path_of_the_command_line_is_known_here() -> None:
    root = typer.main.get_command(whole_program())
    assert isinstance(root, click.Group) or hasattr(root, "commands")
    found = {
        (name, str(one.name))
        for name, command in root.commands.items()  # type: ignore[attr-defined]
        for one in command.params
        if one.name not in RECORDINGS | WRITTEN and "path" in type(one.type).__name__.lower()
    }
    assert found == READ.keys() | SAME | SIGNED | PLANNED | HISTORIES | KEYS


def _pipe(place: Path) -> None:
    os.mkfifo(place)


def _holds(data: bytes) -> Callable[[Path], None]:
    def make(place: Path) -> None:
        place.write_bytes(data)

    return make


def _sparse(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(10 << 30)


HOSTILE: dict[str, Callable[[Path], None]] = {
    "zero": lambda place: place.symlink_to("/dev/zero"),
    "pipe": _pipe,
    "missing": lambda place: place.symlink_to("nowhere/else"),
    "loop": lambda place: place.symlink_to(place.name),
    "sparse": _sparse,
    "deep": _holds(b'a = "x"\nb = ' + b"[" * 50_000),
    "deep-json": _holds(b"[" * 500_000),
    "dotted": _holds(b".".join([b"a"] * 100_000) + b" = 1\n"),
    "tables": _holds(b"".join(b"[a%d.b.c]\n" % at for at in range(20_000))),
    "number": _holds(b"a = " + b"9" * 10_000),
    "date": _holds(b"[[waivers]]\nuntil = 99999999-99-99\n"),
    "line": _holds(b"x" * 10_000_000),
    "no-utf8": _holds(b"\xff\xfe\xfd" * 11),
    "nul": _holds(b"\0" * 100),
    "unset": _holds(b"{{"),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (
        "netaudit.catalog.config",
        "netaudit.catalog.policy",
        "netaudit.cli.templates",
        "netaudit.store.redaction.key",
    ):
        monkeypatch.setattr(f"{module}.PATIENCE", 0.3)


# What is text is a template that prints it.
TEXT = {"deep", "deep-json", "dotted", "tables", "number", "date", "nul"}
CANNOT = [(option, kind) for option in READ for kind in (*HOSTILE, "folder")]
CANNOT = [(option, kind) for option, kind in CANNOT if option[1] != "template" or kind not in TEXT]


@pytest.mark.parametrize(("option", "kind"), every(11, CANNOT), ids=str)
def test_a_file_that_cannot_be_used_is_named_in_one_line(option: tuple[str, str], kind: str, tmp_path: Path) -> None:
    place = tmp_path / "named"
    if kind == "folder":
        place.mkdir()
        (place / "x.yaml").mkdir()
    else:
        HOSTILE[kind](place)
    argv, code = READ[option]
    if (option[1], kind) == ("key", "missing"):  # a key that is not there is made, but not behind a link
        code = 3
    done = run_inside(*argv, place, *BEHIND.get(option, ()))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.stderr
    assert done.stderr.startswith("netaudit: ")
    assert "named" in done.stderr
    assert done.stderr.endswith(")\n")
    assert len(done.stderr) < 1000


@pytest.mark.parametrize("kind", every(4, HOSTILE))
def test_a_folder_of_checks_holds_nothing_hostile(kind: str, tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    HOSTILE[kind](tmp_path / "checks" / "mine.yaml")
    done = run_inside(*AUDIT, "--checks", tmp_path / "checks")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert f"{tmp_path}/checks/mine.yaml" in done.stderr


@pytest.mark.parametrize("kind", ["pipe", "zero"])
def test_what_is_no_file_is_refused_in_a_folder_of_checks_whatever_its_name(kind: str, tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    HOSTILE[kind](tmp_path / "checks" / "notes")
    done = run_inside(*AUDIT, "--checks", tmp_path / "checks")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"{tmp_path}/checks/notes: is a " in done.stderr


def test_a_folder_of_thousands_of_files_is_no_folder_of_checks(tmp_path: Path) -> None:
    for at in range(1001):
        (tmp_path / f"x-{at}").touch()
    done = run_inside(*AUDIT, "--checks", tmp_path)
    hint = "name a folder that holds ID.yaml files and little else"
    assert done.stderr == f"netaudit: {tmp_path}: holds more than 1000 entries ({hint})\n"


@pytest.mark.parametrize("key", ["baseline", "checks"])
def test_a_name_with_a_nul_in_the_configuration_is_an_error(key: str, tmp_path: Path) -> None:
    value = '["a\\u0000b"]' if key == "checks" else '"a\\u0000b"'
    (tmp_path / "netaudit.toml").write_text(f"{key} = {value}\n")
    done = run_inside(*AUDIT)
    assert (done.returncode, done.stderr.count("\n")) == (3 if key == "checks" else 2, 1)
    assert "NUL character in its name" in done.stderr


@contextmanager
def _not_root() -> Iterator[None]:
    """Be another user for a while: root may read everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("option", READ, ids=".".join)
def test_a_file_that_may_not_be_read_is_named(option: tuple[str, str], tmp_path: Path) -> None:
    place = tmp_path / "named"
    if option[1] == "checks":
        place.mkdir()
    else:
        place.write_bytes(b"")
    argv, code = READ[option]
    behind = BEHIND.get(option, ())
    run_inside(*argv, place, *behind)  # all that is imported late, is imported before
    place.chmod(0)
    with _not_root():
        done = run_inside(*argv, place, *behind)
    place.chmod(0o700)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert str(place) in done.stderr
    assert "Permission denied" in done.stderr


def test_a_pipe_that_somebody_writes_to_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=('fail-on = "none"\n',))
    writer.start()
    done = run_inside(*AUDIT, "--config", tmp_path / "pipe")
    writer.join()
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.matrix
def test_process_substitution_is_read() -> None:
    script = f"exec {sys.executable} -m netaudit {' '.join(AUDIT)} --config <(echo 'fail-on = \"none\"')"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("value", ["inf", "nan", "1e400", "1e18"])
@pytest.mark.parametrize("argv", [("doctor", "--timeout"), ("record", "--timeout"), ("run", "--wait")], ids=" ".join)
def test_a_time_that_no_clock_can_wait_for_is_refused(argv: tuple[str, ...], value: str) -> None:
    done = run_inside(*argv, value, *(["--", "true"] if argv[0] == "run" else []))
    assert done.returncode == 2
    assert "is not a number of seconds" in done.stderr


@pytest.mark.parametrize("port", ["²", "9" * 5000, "-1", ""])
def test_a_port_that_is_none_is_refused(port: str, tmp_path: Path) -> None:
    done = run_inside(*AUDIT, "--sensitive-port", f"{port}=x")
    assert (done.returncode, "not PORT=NAME" in done.stderr) == (2, True)
    (tmp_path / "netaudit.toml").write_text(f'sensitive-ports."{port}" = "x"\n')
    done = run_inside(*AUDIT)
    assert (done.returncode, "no port" in done.stderr) == (2, True)


@pytest.mark.matrix
def test_a_sparse_file_of_10_gb_takes_no_memory(tmp_path: Path) -> None:
    _sparse(tmp_path / "big")
    done = run(*AUDIT, "--config", tmp_path / "big", before=["bash", "-c", 'ulimit -v 400000; exec "$@"', "bash"])
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "holds more than 1 MiB" in done.stderr
