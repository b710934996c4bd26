"""What programs print has an end: in bytes, in time, and nothing of them stays."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from collect_hosts import REPOSITORY

from netaudit.collect.asking import pipes
from netaudit.collect.asking.deadline import NoThreadError, within
from netaudit.collect.asking.search_path import search_path, writable_by_others
from netaudit.collect.asking.subprocesses import run
from netaudit.collect.remote.ssh import Remote, record_remotely
from netaudit.errors import CollectError
from netaudit.model.facts import Gap, GapReason, Source

NFT = Source.NFT_RULESET
PEAK = """
import sys
from netaudit.collect.asking.subprocesses import run
from netaudit.model.facts import Source
print(run(Source.NFT_RULESET, sys.argv[1:], timeout=60).detail)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exec cat /dev/zero", "sh printed more than 192 MiB"),
        ("exec yes >&2", "sh printed more than 1 MiB of complaints"),
    ],
)
def test_a_program_that_prints_without_end_is_ended_and_costs_bounded_memory(script: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "sh", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    detail, peak = done.stdout.splitlines()
    assert detail == said
    assert int(peak) < 300 << 10  # KiB


def test_what_a_program_started_is_ended_with_it_whatever_it_holds(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! >{tmp_path}/child; echo all"
    assert run(NFT, ["sh", "-c", script], timeout=1) == Gap(NFT, GapReason.TIMEOUT, "sh did not end within 1 s")
    script = f"sleep 1000 >/dev/null 2>&1 & echo $! >{tmp_path}/other; echo all"
    assert run(NFT, ["sh", "-c", script], timeout=10) == b"all\n"
    for name in ("child", "other"):
        _wait_for_end((tmp_path / name).read_text().strip())


def test_a_program_that_closes_its_pipes_and_goes_on_is_a_time_out() -> None:
    script = "exec >/dev/null 2>&1; sleep 1000"
    assert run(NFT, ["sh", "-c", script], timeout=1) == Gap(NFT, GapReason.TIMEOUT, "sh did not end within 1 s")


def test_a_program_gets_all_that_it_is_fed_and_may_read_none_of_it() -> None:
    text = b"x" * (1 << 20)
    for program, output in (("cat", text), ("true", b"")):
        with subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
        ) as process:
            assert pipes.exchange(process, 30, feed=text) == (output, b"")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of ssh."""
    program = tmp_path / "ssh"
    program.touch(mode=0o755)
    monkeypatch.setattr("netaudit.collect.asking.search_path.SYSTEM_FOLDERS", (str(tmp_path), "/usr/bin", "/bin"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return program


@pytest.mark.parametrize(
    ("script", "said"), [("exec cat /dev/zero", "96 MiB"), ("exec yes >&2", "1 MiB of complaints")]
)
def test_a_remote_host_that_sends_without_end_is_refused(ssh: Path, script: str, said: str) -> None:
    ssh.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(CollectError, match=f"web printed more than {said}: that is not a recording"):
        record_remotely(Remote("web"), 60)


@pytest.mark.matrix
def test_a_remote_host_that_never_ends_is_left(ssh: Path) -> None:
    ssh.write_text("#!/bin/sh\nsleep 1000\n")
    with pytest.raises(CollectError, match="web did not answer within 2 s"):
        record_remotely(Remote("web"), 0.1)


# ---- threads --------------------------------------------------------------------------------------------------------


def test_a_question_that_is_late_stops() -> None:
    steps: list[float] = []

    def ask() -> None:
        while True:
            steps.append(time.monotonic())
            time.sleep(0.01)

    with pytest.raises(TimeoutError):
        within(0.1, ask)
    time.sleep(0.5)
    count = len(steps)
    time.sleep(0.5)
    assert len(steps) == count


NO_THREADS = """
import resource, threading
from netaudit.collect.asking.deadline import NoThreadError, within
threading.stack_size(1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
try:
    within(1, lambda: 1)
except NoThreadError as error:
    print(error)
"""


def test_where_no_thread_can_be_started_a_question_says_so() -> None:
    said = subprocess.run(
        [sys.executable, "-c", NO_THREADS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    ).stdout
    assert said == f"{NoThreadError()}\n"


# ---- where programs are looked up -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "path"),
    [
        (0, "/usr/sbin:/usr/bin:/sbin:/bin:/own/bin:/usr/sbin:/sbin:/usr/local/sbin"),
        (1000, "/own/bin:/usr/sbin:/sbin:/usr/local/sbin"),
    ],
)
def test_root_s_programs_are_the_system_s_and_a_user_s_are_the_user_s(
    monkeypatch: pytest.MonkeyPatch, user: int, path: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setenv("PATH", "/own/bin")
    assert search_path() == path


def test_folders_of_path_that_others_may_write_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tmp_path.resolve()
    for name, mode in (("mine", 0o755), ("open", 0o777), ("sticky", 0o1777), ("loose", 0o777)):
        (base / name).mkdir()
        (base / name).chmod(mode)
    for folder in ("loose/below", "sticky/below"):
        (base / folder).mkdir(mode=0o755)
    (base / "link").symlink_to(base / "open")
    names = ["mine", "open", "sticky", "sticky/none", "loose/below", "sticky/below", "link"]
    monkeypatch.setenv("PATH", ":".join([*(str(base / name) for name in names), "", "bin"]))
    bad = ["open", "sticky", "sticky/none", "loose/below", "link"]
    assert writable_by_others() == (*(str(base / name) for name in bad), ".", "bin")


def _wait_for_end(pid: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if ") Z" in Path(f"/proc/{pid}/stat").read_text():
                return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} goes on")
