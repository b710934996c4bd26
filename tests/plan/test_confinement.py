"""A client reaches nothing but the stand-in, and writes no file: seen from outside, system call by system call."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from plan.clients import client, recorded, run, stand_in

from netaudit import load_auditor
from netaudit.api.plans import PlanContext, judge_command
from netaudit.errors import CommandError, ConfinementError, PlanError
from netaudit.standin import confinement
from netaudit.standin.confinement import check_confined, confined
from netaudit.standin.session import Client, run_client

pytestmark = pytest.mark.engine

_CALLS = "socket,connect,bind,sendto,sendmsg,open,openat,openat2,creat,truncate,mknod,mknodat"
_CALLS += ",mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,chmod,fchmodat"
_OWN_SOCKETS = ('sun_path="/run/docker.sock"', 'sun_path="/var/run/docker.sock"', 'sun_path=@"docker_cli_')
_DEVICES = ('"/dev/null"', '"/dev/tty"')
_PROJECT = """
services:
  web: {image: "nginx:1", ports: ["${PORT:-8080}:80"], depends_on: [db], networks: [front, back]}
  db: {image: "postgres:1", networks: [back], volumes: ["data:/data"]}
networks: {front: {}, back: {internal: true}}
volumes: {data: {}}
"""
# One command of each kind that is planned; the recording has a container k0 on a network nf.
_COMMANDS = (
    "docker run -it --rm -p 8080:80 nginx sh",
    "docker create --name web nginx",
    "docker start k0",
    "docker stop k0",
    "docker restart k0",
    "docker kill k0",
    "docker rm -f k0",
    "docker rename k0 k9",
    "docker update --restart always k0",
    "docker pause k0",
    "docker unpause k0",
    "docker network create n1",
    "docker network rm nf",
    "docker network connect bridge k0",
    "docker network disconnect nf k0",
    "docker network prune -f",
    "docker compose up -d",
    "docker compose up",
    "docker compose create",
    "docker compose down",
    "docker compose restart",
    "docker compose start",
    "docker compose stop",
    "docker compose kill",
    "docker compose rm -f",
    "docker compose scale web=2",
    "docker service create --name web --publish 8080:80 nginx",
    "docker service update --publish-add 8080:80 web",
    "docker service scale web=2",
    "docker service rm web",
    "docker stack deploy -c compose.yaml shop",
    "docker stack rm shop",
)


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_client_opens_no_other_socket_and_writes_no_file(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "compose.yaml").write_text(_PROJECT)
    trace = tmp_path / "trace"
    strace = ("strace", "-ff", "-qq", "-s", "200", "-e", f"trace={_CALLS}", "-o", str(trace))
    monkeypatch.setattr(confinement, "confined", lambda *asked: [*strace, *confined(*asked)])
    engine = stand_in(recorded("28.5.2-iptables-nft/many", "02"))
    run(engine, command, folder=tmp_path)
    assert engine.requests
    calls = [line for file in tmp_path.glob("trace.*") for line in file.read_text().splitlines()]
    assert any("connect(" in call and _OWN_SOCKETS[0] in call for call in calls)
    assert [call for call in calls if _reaches_out(call) or _writes(call)] == []


def _reaches_out(call: str) -> bool:
    """Tell whether a call speaks to something else than the stand-in, or than the client's own plugin."""
    addressed = call.startswith(("connect(", "bind(", "sendto(", "sendmsg(")) and "sa_family" in call
    return addressed and not any(own in call for own in _OWN_SOCKETS)


def _writes(call: str) -> bool:
    """Tell whether a call opened a file to write it, or changed a folder."""
    if " = -1 " in call or call.startswith(("socket(", "connect(", "bind(", "sendto(", "sendmsg(")):
        return False
    if call.startswith("open"):
        return bool(re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", call)) and not any(one in call for one in _DEVICES)
    return bool(re.match("[a-z0-9]+\\(", call))


_PROBE = """#!{python}
import json, os, socket
def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"
def unix(path):
    return lambda: socket.socket(socket.AF_UNIX).connect(path)
print(json.dumps({{
    "tcp": tried(lambda: socket.create_connection(("127.0.0.1", {port}), 2)),
    "abstract": tried(unix({abstract!r})),
    "run": tried(unix({below_run!r})),
    "stand-in": tried(unix("/run/docker.sock")),
    "write": tried(lambda: open({file!r}, "w")),
    "interfaces": sorted(name for _, name in socket.if_nameindex()),
}}))
"""
_SHUT_IN = {
    "tcp": "OSError",
    "abstract": "ConnectionRefusedError",
    "run": "FileNotFoundError",
    "stand-in": "done",
    "write": "OSError",
}


def _below_run() -> Path:
    """Give the path of a socket below /run that no other process of the tests takes."""
    return Path(f"/run/netaudit-test-{os.getpid()}.sock")


@contextmanager
def _listening() -> Iterator[tuple[int, str]]:
    """Listen as a real engine might: on TCP, on an abstract name, and below /run."""
    path = _below_run()
    path.unlink(missing_ok=True)
    abstract = f"\0netaudit-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as below_run,
    ):
        named.bind(abstract)
        named.listen()
        below_run.bind(str(path))
        below_run.listen()
        path.chmod(0o777)
        try:
            yield tcp.getsockname()[1], abstract
        finally:
            path.unlink()


def _probe(folder: Path, port: int, abstract: str, python: str) -> Path:
    probe = folder / "docker"
    probe.write_text(
        _PROBE.format(
            python=python, port=port, abstract=abstract, below_run=str(_below_run()), file=str(folder / "written")
        )
    )
    probe.chmod(0o755)
    return probe


def test_a_program_that_tries_to_reach_the_real_engine_cannot(tmp_path: Path) -> None:
    with _listening() as (port, abstract):
        probe = _probe(tmp_path, port, abstract, sys.executable)
        outcome = run_client(stand_in(recorded("28.5.2-iptables-nft/many", "02")), (str(probe), "run"), Client())
    found = json.loads(outcome.output)
    assert {name: found[name] for name in _SHUT_IN} == _SHUT_IN
    assert found["interfaces"] == ["lo"]
    assert not (tmp_path / "written").exists()


def test_a_user_without_privileges_is_shut_in_by_a_user_namespace(tmp_path: Path) -> None:
    place = tmp_path / "run"
    place.mkdir()
    for folder in (place, *tmp_path.parents[:-1], tmp_path):
        folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o777)
    with _listening() as (port, abstract), socket.socket(socket.AF_UNIX) as own:
        own.bind(str(place / "docker.sock"))
        own.listen()
        (place / "docker.sock").chmod(0o777)
        probe = _probe(tmp_path, port, abstract, "/usr/bin/python3")
        program = tmp_path / "inside.py"
        program.write_bytes(Path(confined((), place, 1)[3]).read_bytes())
        user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        shut_in = ("/usr/bin/python3", "-I", "-S", str(program), "2", str(place), "--", str(probe))
        done = subprocess.run([*user, *shut_in], capture_output=True, text=True, check=False, cwd="/")
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert {name: found[name] for name in _SHUT_IN} == _SHUT_IN
    assert not (tmp_path / "written").exists()


def test_where_no_namespaces_can_be_had_the_client_is_not_run() -> None:
    with pytest.raises(ConfinementError, match="kept away from the real engine: unshare: Operation not permitted"):
        check_confined(b"unshare: Operation not permitted", ("docker", "run"))


def test_a_client_that_is_not_there_is_named_with_what_to_install() -> None:
    with pytest.raises(CommandError, match="docker-nowhere: No such file or directory") as error:
        check_confined(b"docker-nowhere: No such file or directory", ("docker-nowhere",))
    assert "install the client" in error.value.hint
    assert error.value.exit_code == 127


@pytest.mark.parametrize(
    "answer",
    [
        "unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]",
        "docker: unknown command: docker compose\n\nRun 'docker --help' for more information",
        "docker: 'compose' is not a docker command.\nSee 'docker --help'",
    ],
)
def test_a_client_without_compose_is_told_what_to_install(answer: str, tmp_path: Path) -> None:
    docker = tmp_path / "docker"  # whether this machine has the plugin is not the test's to choose
    docker.write_text(f"#!/bin/sh\nprintf '%s' {shlex.quote(answer)} >&2\nexit 125\n")
    docker.chmod(0o755)
    context = PlanContext(load_auditor(), client=Client((("PATH", f"{tmp_path}:{os.environ['PATH']}"),)))
    with pytest.raises(PlanError, match="this docker client has no Compose") as error:
        judge_command(recorded("28.5.2-iptables-nft/many", "02"), ("docker", "compose", "up"), context)
    assert "--compose-json" in error.value.hint


def test_the_users_configuration_is_not_read(tmp_path: Path) -> None:
    program, environment = client("28.5.2")
    folder = tmp_path / ".docker"
    folder.mkdir()
    (folder / "config.json").write_text('{"currentContext": "elsewhere"}')
    environment |= {"DOCKER_CONFIG": str(folder), "DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_CONTEXT": "elsewhere"}
    engine = stand_in(recorded("28.5.2-iptables-nft/many", "02"))
    outcome = run_client(engine, (program, "network", "create", "n1"), Client(tuple(environment.items())))
    assert outcome.exit_code == 0, outcome.error
    assert [one.endpoint for one in engine.requests if one.method == "POST"] == ["/networks/create"]
