"""netaudit as a program, on this machine or in a network namespace: no mocks."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import netaudit

REPOSITORY = Path(netaudit.__path__[0]).parent
RECORDINGS = Path(__file__).parent.parent / "recordings"
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
