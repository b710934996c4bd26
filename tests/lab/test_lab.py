"""The lab itself: engines work, and leave nothing behind, however the process that runs them ends."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.engine import BACKENDS, VERSIONS, Engine
from lab.host import REPOSITORY, LabHost
from lab.image import IDLE, image_archive
from lab.leftovers import CGROUPS, sweep
from lab.namespaces import LabError
from lab.scenarios import NOT_RUN, SCENARIOS

_ROWS = range(1, 77)  # of the scenario matrix
_BUSY = f"""
import sys, time
from lab.engine import Engine
from lab.host import LabHost
with LabHost(uplink=True) as host, Engine(host) as engine:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *{IDLE!r})
    print(host.namespaces.pid, host.lan.namespaces.pid, engine.pid, flush=True)
    sys.stdin.readline() or time.sleep(600)
    raise RuntimeError("a test failed")
"""


def test_every_row_of_the_matrix_is_run_or_says_why_not() -> None:
    run = {int(row) for scenario in SCENARIOS for row in scenario.rows.split()}
    assert run | set(NOT_RUN) == set(_ROWS)
    assert run & set(NOT_RUN) == set()


def test_every_scenario_has_its_own_name_and_an_engine() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    for scenario in SCENARIOS:
        assert any(scenario.runs_on(version, backend) for version in VERSIONS for backend in BACKENDS)


def test_the_image_is_the_same_bytes_each_time() -> None:
    assert image_archive() == image_archive()


@pytest.mark.engine
def test_a_host_reaches_its_neighbour() -> None:
    with LabHost(uplink=True) as host:
        for address in ("192.0.2.1", "2001:db8::1"):
            assert "1 packets received" in host.run(["busybox", "ping", "-c1", "-W2", address]).stdout


@pytest.mark.engine
def test_what_fails_on_a_host_says_so_in_its_own_words() -> None:
    with LabHost() as host, pytest.raises(LabError, match="exit 3: no such luck"):
        host.run(["sh", "-c", "echo no such luck >&2; exit 3"])


@pytest.mark.engine
def test_what_takes_too_long_on_a_host_is_ended() -> None:
    with LabHost() as host:
        with pytest.raises(LabError, match="not done after"):
            host.run(["sleep", "1234"], timeout=0.5)
        assert "sleep 1234" not in host.run(["ps", "-eo", "args"]).stdout


@pytest.mark.engine
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_an_engine_writes_its_rules_with_its_backend_alone(version: str, backend: str) -> None:
    with LabHost() as host, Engine(host, version, backend) as engine:
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        assert engine.docker("version", "--format", "{{.Server.Version}}").startswith(version)
        [other] = set(BACKENDS) - {backend}
        assert "--to-destination 172.17.0.2:80" in host.run([f"{backend}-save"]).stdout
        assert "DOCKER" not in host.run([f"{other}-save"]).stdout


@pytest.mark.engine
def test_an_engine_returns_after_a_crash_with_its_containers() -> None:
    with LabHost() as host, Engine(host, options=["--live-restore"]) as engine:
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        engine.kill()
        assert not engine.answers()
        assert "sleep 100000" in host.run(["ps", "-eo", "args"]).stdout
        engine.start()
        assert engine.docker("ps", "--format", "{{.Names}}").split() == ["web"]


@pytest.mark.engine
def test_two_hosts_do_not_see_each_other() -> None:
    with LabHost() as one, LabHost() as two:
        one.run(["iptables-nft", "-A", "INPUT", "-s", "192.0.2.99", "-j", "DROP"])
        assert "192.0.2.99" not in two.run(["iptables-nft-save"]).stdout
        assert "192.0.2.99" not in _here("iptables-nft-save")


@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, None], ids=str)
def test_nothing_remains_of_an_engine_however_its_process_ends(number: signal.Signals | None) -> None:
    with _busy_process() as (process, inside):
        assert all(map(_runs, inside))
        if number is None:
            process.communicate("fail\n", timeout=240)
        else:
            process.send_signal(number)
            process.communicate(timeout=240)
        _wait_until_ended(inside)
        sweep()  # the next run does this, for what SIGKILL leaves
        assert list(_traces(process.pid)) == []


class _busy_process:  # noqa: N801 (used as a function)
    """A process at work with a host and an engine, and the pids of their first processes."""

    def __enter__(self) -> tuple[subprocess.Popen[str], list[int]]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BUSY],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(REPOSITORY / "tests")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        return self._process, [int(word) for word in self._process.stdout.readline().split()]

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def _here(program: str) -> str:
    """Read something of the namespace that the tests themselves run in."""
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _wait_until_ended(pids: list[int]) -> None:
    """Wait for the kernel to end namespaces; after SIGKILL nobody else does."""
    deadline = time.monotonic() + 200
    while any(map(_runs, pids)):
        assert time.monotonic() < deadline, f"still there: {pids}"
        time.sleep(0.05)


def _traces(owner: int) -> Iterator[str]:
    """Name what is left of the hosts of a process: folders, cgroups, mounts, processes, interfaces."""
    name = re.compile(rf"na-{owner}-")
    for folder in (Path(tempfile.gettempdir()), CGROUPS, *CGROUPS.iterdir()):
        if folder.is_dir():
            yield from (str(path) for path in folder.iterdir() if name.match(path.name))
    yield from (line for line in Path("/proc/self/mounts").read_text().splitlines() if name.search(line))
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = command.read_text()
        except OSError:
            continue
        yield from [f"{command}: {text}"] if name.search(text) else []
