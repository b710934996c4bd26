"""Other hosts over a real ssh: the same recording as on the host itself; one that fails does not lose the others."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.engine import Engine
from lab.host import LabHost
from lab.image import IDLE

pytestmark = pytest.mark.engine
_SSHD = """
Port 2222
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
"""
_SSH = """
Host *
    IdentityFile {folder}/key
    UserKnownHostsFile {folder}/known_hosts
    StrictHostKeyChecking accept-new
    BatchMode yes
    ConnectTimeout 5
"""
DIGEST = r"netaudit: 192\.0\.2\.10-2222: digest [0-9a-f]{64}\n"
Record = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    """Give an engine's host with sshd, and the folder with the keys; its neighbour on the LAN is who records it."""
    folder = tmp_path_factory.mktemp("ssh")
    for key in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    (folder / "sshd_config").write_text(_SSHD.format(folder=folder))
    (folder / "config").write_text(_SSH.format(folder=folder))
    with LabHost(uplink=True) as host, Engine(host) as engine:
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        host.run(["mkdir", "-p", "/run/sshd"])
        host.run(["/usr/sbin/sshd", "-f", str(folder / "sshd_config")])
        yield engine, folder


_AS_SYSTEM = (
    "import sys; from netaudit.collect.asking import search_path; from netaudit.__main__ import script;"
    "search_path.SYSTEM_FOLDERS = (sys.argv.pop(1), *search_path.SYSTEM_FOLDERS); script()"
)  # root's programs are looked up in the system's folders: a folder of the test's is made one


@pytest.fixture
def record(remote: tuple[Engine, Path]) -> Record:
    """Run `netaudit record` on the neighbour, with an ssh that knows the keys."""
    engine, folder = remote
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {folder}/config "$@"\n')
    (programs / "ssh").chmod(0o755)
    lan = engine.host.lan
    assert lan is not None

    def run(*arguments: str) -> Any:
        return lan.run([sys.executable, "-c", _AS_SYSTEM, str(programs), "record", *arguments], check=False)

    return run


def test_a_remote_recording_shows_what_one_made_there_shows(
    remote: tuple[Engine, Path], record: Record, tmp_path: Path
) -> None:
    host = remote[0].host
    done = record("--host", "ssh://root@192.0.2.10:2222", "-o", str(tmp_path / "remote"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/remote\n")
    assert re.fullmatch(DIGEST, done.stderr)
    host.python("-m", "netaudit", "record", "-o", str(tmp_path / "local"))
    shown = [
        host.python("-m", "netaudit", "show", str(tmp_path / name)).stdout.splitlines()[1:]
        for name in ("remote", "local")
    ]
    assert shown[0] == shown[1]


def test_of_several_hosts_one_that_fails_does_not_lose_the_others(record: Record, tmp_path: Path) -> None:
    good = ("--host", "ssh://root@192.0.2.10:2222", "--host", "ssh://root@[2001:db8::10]:2222")
    begun = time.monotonic()
    done = record(*good, "--host", "ssh://root@192.0.2.10:2223", "-o", str(tmp_path / "all"))
    assert time.monotonic() - begun < 100
    assert done.returncode == 3
    assert "192.0.2.10-2223 could not be recorded: ssh: connect to host 192.0.2.10 port 2223" in done.stderr
    made = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert made == ["192.0.2.10-2222", "2001:db8::10-2222"]
    assert sorted(done.stdout.splitlines()) == [f"{tmp_path}/all/{name}" for name in made]


def test_words_of_a_login_script_do_no_harm(remote: tuple[Engine, Path], record: Record, tmp_path: Path) -> None:
    folder = remote[1]
    key = (folder / "key.pub").read_text()
    (folder / "key.pub").write_text(f'command="echo welcome; eval $SSH_ORIGINAL_COMMAND" {key}')
    try:
        done = record("--host", "ssh://root@192.0.2.10:2222", "-o", str(tmp_path / "remote"))
    finally:
        (folder / "key.pub").write_text(key)
    assert done.returncode == 0
    assert re.fullmatch(DIGEST, done.stderr)


def test_a_host_that_sends_no_recording_is_an_error(
    remote: tuple[Engine, Path], record: Record, tmp_path: Path
) -> None:
    folder = remote[1]
    key = (folder / "key.pub").read_text()
    (folder / "key.pub").write_text(f'command="head -c 1000 /dev/zero | gzip" {key}')
    try:
        done = record("--host", "ssh://root@192.0.2.10:2222", "-o", str(tmp_path / "remote"))
    finally:
        (folder / "key.pub").write_text(key)
    assert done.returncode == 3
    assert not (tmp_path / "remote").exists()
    assert "Traceback" not in done.stderr
