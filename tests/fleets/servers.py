"""Real sshd's on ports of their own, and `netaudit fleet` with an ssh that knows them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import netaudit
from fleets.generate import RECORDINGS
from fleets.small import OPEN

_CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile {folder}/{port}.pid
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
ForceCommand cat > /dev/null; cat {folder}/answer.tar.gz
"""
_SSH = """
Host *
    IdentityFile {folder}/key
    UserKnownHostsFile {folder}/known_hosts
    ConnectTimeout 20
"""


_ANSWERS = """#!/bin/sh
exec /usr/bin/ssh -F {folder}/config "$@"
"""


@contextmanager
def servers(folder: Path, number: int) -> Iterator[list[int]]:
    """Start real sshd's whose script is answered by a recording, each on a port of its own."""
    for key in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    netaudit.save(netaudit.load(RECORDINGS / OPEN), folder / "answer.tar.gz")
    Path("/run/sshd").mkdir(exist_ok=True)
    ports, running = [free_port() for _ in range(number)], []
    for port in ports:
        (folder / f"{port}.conf").write_text(_CONFIG.format(port=port, folder=folder))
        running.append(subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", str(folder / f"{port}.conf")]))
    try:
        key = (folder / "host_key.pub").read_text()
        (folder / "known_hosts").write_text("".join(f"[127.0.0.1]:{port} {key}" for port in ports))
        (folder / "config").write_text(_SSH.format(folder=folder))
        yield ports
    finally:
        for one in running:
            one.terminate()
            one.wait(10)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


_AS_SYSTEM = (
    "import sys; from netaudit.collect.asking import search_path; from netaudit.__main__ import script;"
    "search_path.SYSTEM_FOLDERS = (sys.argv.pop(1), *search_path.SYSTEM_FOLDERS); script()"
)  # root's programs are looked up in the system's folders: a folder of the test's is made one


def fleet_command(folder: Path, *words: str, answers: str = _ANSWERS) -> subprocess.CompletedProcess[str]:
    """Run a command of `netaudit fleet` with an ssh that knows the servers; `answers` is that program."""
    (folder / "programs").mkdir(exist_ok=True)
    (folder / "programs" / "ssh").write_text(answers.format(folder=folder))
    (folder / "programs" / "ssh").chmod(0o755)
    command = [sys.executable, "-c", _AS_SYSTEM, str(folder / "programs"), "fleet", *words]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, cwd="/")
