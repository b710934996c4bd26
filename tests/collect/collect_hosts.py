"""Hosts to collect from: network namespaces, and engines that fail on request."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

import netaudit
from netaudit.model.facts import Facts

REPOSITORY = Path(netaudit.__path__[0]).parent
# The interpreter of programs that run as another user: the one of the tests may lie in a folder of root's.
SYSTEM_PYTHON = "/usr/bin/python3"
# A program that a test waits for, in seconds: a hang becomes an error.
PATIENCE = 240
COLLECT = """
import os, sys, msgspec
from netaudit.collect import consistency
from netaudit.collect.asking.options import Where
from netaudit.collect.collector import collect
from netaudit.collect.asking import search_path
consistency.PATIENCE = 2
if sys.argv[3]:
    os.environ["PATH"], search_path.SYSTEM_FOLDERS, search_path._ADMIN_FOLDERS = sys.argv[3], (), ()
if sys.argv[4]:
    search_path.SYSTEM_FOLDERS = (sys.argv[4], *search_path.SYSTEM_FOLDERS)
facts = collect(Where(docker_host=sys.argv[1], timeout=float(sys.argv[2])))
sys.stdout.buffer.write(msgspec.json.encode(facts))
"""


class Host:
    """A network namespace: a host with its own rules, interfaces and switches."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._processes: list[subprocess.Popen[bytes]] = []
        subprocess.run(["ip", "netns", "add", name], check=True)

    def run(self, *argv: str, feed: str = "", check: bool = True) -> str:
        """Run a program in the namespace and return what it printed."""
        done = subprocess.run(
            self._enter(argv),
            input=feed,
            text=True,
            capture_output=True,
            check=False,
            env=self.environment(),
            timeout=PATIENCE,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start a program that ends with the test."""
        process = subprocess.Popen(self._enter(argv), env=self.environment())
        self._processes.append(process)
        return process

    def python(self, code: str, *arguments: str) -> str:
        """Run Python code in the namespace."""
        return self.run(sys.executable, "-W", "error", "-c", code, *arguments)

    def collect(
        self, *, docker_host: str = "unix:///nowhere", timeout: float = 60, programs: str = "", first: str = ""
    ) -> Facts:
        """Collect the facts of this host; `programs` is the only folder with programs, `first` the first, if given."""
        return msgspec.json.decode(self.python(COLLECT, docker_host, str(timeout), programs, first), type=Facts)

    def environment(self) -> dict[str, str]:
        """Return the environment of programs: this repository is the one that is tested."""
        return {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    def remove(self) -> None:
        """End what was started, and remove the namespace."""
        for process in self._processes:
            process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def _enter(self, argv: tuple[str, ...]) -> list[str]:
        # Not `ip netns exec`: it remounts /sys.
        return ["nsenter", f"--net=/run/netns/{self.name}", *argv]


class Engine:
    """A process named dockerd that listens on a socket and gives the answers it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.url = f"unix://{self.socket}"

    def start(
        self, answers: dict[str, object], *arguments: str | bytes, host: Host | None = None, enter: Sequence[str] = ()
    ) -> None:
        """Start it: on this machine, or in the network of a host, or behind some programs."""
        program = self.folder / "dockerd"
        program.symlink_to(Path(sys.executable).resolve())
        script = self.folder / "answers.json"
        script.write_bytes(msgspec.json.encode({end: _answer(answer) for end, answer in answers.items()}))
        server = str(Path(__file__).with_name("fake_engine.py"))
        enter = ["nsenter", f"--net=/run/netns/{host.name}"] if host else enter
        argv = [*enter, str(program), "-S", "-E", server, str(self.socket), str(script), *arguments]
        self.process = subprocess.Popen(argv)
        while not self.socket.exists():
            assert self.process.poll() is None
            time.sleep(0.02)

    def stop(self) -> None:
        """End it; its socket stays behind, as after a crash."""
        self.process.kill()
        self.process.wait()


def _answer(answer: object) -> tuple[int, str, float]:
    match answer:
        case (int() as status, str() as body, pause):
            return status, body, float(str(pause))
        case _:
            return 200, msgspec.json.encode(answer).decode(), 0.0
