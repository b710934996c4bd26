"""netaudit as a program, on this machine or in a network namespace: no mocks."""

import gc
import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import netaudit
from netaudit.cli import main

REPOSITORY = Path(netaudit.__path__[0]).parent
RECORDINGS = Path(__file__).parent / "recordings"
ONE_PORT = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port"
NO_DOCKER = ("--docker-host", "unix:///nowhere")
ENTER = ("-m", "netaudit")


def environment(**more: str) -> dict[str, str]:
    """Give the environment of programs: this repository is the one that is tested, and no terminal is there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "XDG_"))}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **more}


def run(
    *argv: str | Path, before: Sequence[str] = (), env: Mapping[str, str] | None = None, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run netaudit; `before` is a command that runs it, such as nsenter."""
    command = [*before, sys.executable, *ENTER, *map(str, argv)]
    usual = {"text": True, "capture_output": True, "env": environment(**(env or {}))}
    return subprocess.run(command, check=False, **{**usual, **options})


def run_inside(*argv: str | Path) -> subprocess.CompletedProcess[str]:
    """Do what `run` does in this process, in a tenth of the time: for what hangs on arguments and files alone."""
    printed, complained = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    words = ["netaudit", *map(str, argv)]
    with patch("sys.argv", words), redirect_stdout(printed), redirect_stderr(complained):
        try:
            main()
        except SystemExit as end:
            code = end.code
        finally:
            gc.enable()
    texts = []
    for stream in (printed, complained):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, int(code or 0), *texts)


def assert_fails(done: subprocess.CompletedProcess[str], code: int, message: str, hint: str) -> None:
    """Hold a failure to the promise: its code, one line, a hint, nothing on standard output."""
    assert (done.returncode, done.stderr) == (code, f"netaudit: {message} ({hint})\n")
    assert not done.stdout


class Host:
    """A network namespace."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.enter = ("nsenter", f"--net=/run/netns/{name}")

    def sh(self, script: str, feed: str = "") -> str:
        """Run a shell script in it, and give what it printed."""
        argv = [*self.enter, "sh", "-ec", script]
        return subprocess.run(argv, input=feed, text=True, capture_output=True, check=True).stdout

    def netaudit(self, *argv: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        """Run netaudit in it."""
        return run(*argv, before=self.enter, **options)  # type: ignore[arg-type]


@contextmanager
def make_host(name: str) -> Iterator[Host]:
    """Make a namespace, and remove it."""
    host = Host(f"nai-{os.getpid()}-{name}")
    subprocess.run(["ip", "netns", "add", host.name], check=True)
    try:
        yield host
    finally:
        subprocess.run(["ip", "netns", "del", host.name], check=True)
