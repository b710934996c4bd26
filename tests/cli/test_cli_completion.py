"""What a real shell offers at a TAB: containers, zones, rules, checks, looks; and nothing that a shell would run."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import completions
from programs import REPOSITORY, environment

from netaudit.cli.completing import known, offers
from netaudit.history import make_history
from netaudit.model.history.look import Origin
from netaudit.store import load

SHOP = REPOSITORY / "tests" / "recordings" / "tour" / "shop" / "10"
SCRIPT = completions.FOLDER / "netaudit.bash"
ENOUGH = 60.0  # seconds for a busy machine


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("NETAUDIT_STORE", str(tmp_path / "none.sqlite"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    for name in ("COMP_WORDS", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    yield
    for one in (known.snapshot_now, known.containers_now, known.recording):
        one.cache_clear()


def _typed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("COMP_WORDS", "\n".join(line.split()))


def test_what_is_offered_comes_from_the_recording_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _typed(monkeypatch, f"netaudit audit {SHOP} --container sh")
    assert offers.containers("shop-") == ["shop-web", "shop-api", "shop-cache", "shop-db"]
    assert offers.projects("") == ["shop"]
    assert offers.zones("lan") == ["lan", "lan:eth0"]
    assert offers.zones("network:shop") == ["network:shop_front", "network:shop_back"]
    assert offers.targets("container:g") == ["container:grafana:"]
    assert offers.rules("nat/DOCKER#")[:2] == ["nat/DOCKER#1", "nat/DOCKER#2"]
    assert {"grafana", "shop_back", "stale"} <= {*offers.subjects("")}
    assert offers.checks("docker-sock") == ["docker-socket-mounted"]


def test_without_a_recording_the_last_look_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert offers.containers("") == []
    for one in (known.snapshot_now, known.containers_now, known.recording):
        one.cache_clear()
    place = tmp_path / "history.sqlite"
    history = make_history(place)
    history.add(load(SHOP), Origin.RECORD)
    history.close()
    monkeypatch.setenv("NETAUDIT_STORE", str(place))
    assert offers.containers("gr") == ["grafana"]
    assert offers.recordings("@") == ["@now", "@last", "@yesterday", "@1"]
    assert offers.recordings("tests/") == []  # the shell offers files


@pytest.mark.parametrize("broken", ["nothing here", "a folder", "a pipe", "garbage"])
def test_what_cannot_be_read_offers_nothing(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rec"
    {
        "nothing here": lambda: None,
        "a folder": path.mkdir,
        "a pipe": lambda: os.mkfifo(path),
        "garbage": lambda: path.write_bytes(b"\x00\xff" * 100),
    }[broken]()
    _typed(monkeypatch, f"netaudit audit {path} --container x")
    assert offers.containers("") == []
    assert offers.zones("") == ["internet", "lan", "host"]
    assert offers.rules("") == []


def _hostile(folder: Path) -> Path:
    """Make a recording of a host whose containers are called what a shell would run."""
    folder.mkdir()
    for file in SHOP.iterdir():
        if file.name != "recording.json":
            (folder / file.name).write_bytes(file.read_bytes())
    containers = json.loads((folder / "docker-containers.json").read_bytes())
    names = ("$(touch pwned)", "`touch pwned`", "a; touch pwned", "a\ntouch pwned", "plain")
    for one, name in zip(containers, names, strict=True):
        one["Name"] = f"/{name}"
    (folder / "docker-containers.json").write_text(json.dumps(containers))
    return folder


def test_no_name_is_offered_that_a_shell_would_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _typed(monkeypatch, f"netaudit audit {_hostile(tmp_path / 'rec')} --container ")
    assert offers.containers("") == ["plain"]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program called netaudit."""
    folder = tmp_path / "bin"
    folder.mkdir()
    netaudit = folder / "netaudit"
    netaudit.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{_START}" "$@"\n')
    netaudit.chmod(0o755)
    return folder


_START = "import sys; sys.argv[0] = 'netaudit'; from netaudit.__main__ import script; script()"


_SETUP = f"""
. {SCRIPT}
bind -x '"\\C-g": printf "<<%s>>" "$READLINE_LINE"'
echo READY-
"""


def _press(line: str, program: Path) -> str:
    """Type a line and TAB into a bash with a terminal; return the line that it makes of it."""
    setup = program / "setup"
    setup.write_text(_SETUP)
    shell = ["bash", "--noprofile", "--rcfile", setup, "-i"]
    master, slave = pty.openpty()
    env = environment(PATH=f"{program}:{os.environ['PATH']}", TERM="dumb", PS1="", HOME=str(program))
    started = subprocess.Popen(shell, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=program, close_fds=True)
    os.close(slave)
    try:
        _read_until(master, b"READY-\r\n")
        os.write(master, line.encode() + b"\t\x07")
        return _read_until(master, b">>").rpartition(b"<<")[2].removesuffix(b">>").decode()
    finally:
        started.kill()
        started.wait()
        os.close(master)


def _read_until(terminal: int, end: bytes) -> bytes:
    said = b""
    while end not in said:
        ready, _, _ = select.select([terminal], [], [], ENOUGH)
        assert ready, said
        said += os.read(terminal, 4096)
    return said[: said.index(end) + len(end)]


_LINES = {
    f"netaudit audit {SHOP} --container graf": f"netaudit audit {SHOP} --container grafana ",
    f"netaudit audit {SHOP} --container=graf": f"netaudit audit {SHOP} --container=grafana ",
    f"netaudit audit {SHOP} --from lan:e": f"netaudit audit {SHOP} --from lan:eth0 ",
    f"netaudit trace {SHOP} --to container:graf": f"netaudit trace {SHOP} --to container:grafana:",
    "netaudit audit --skip docker-socket-m": "netaudit audit --skip docker-socket-mounted ",
    "netaudit audit @yes": "netaudit audit @yesterday ",
}


@pytest.mark.matrix
@pytest.mark.parametrize("line", _LINES)
def test_bash_completes_a_line_at_a_tab(line: str, program: Path) -> None:
    assert _press(line, program) == _LINES[line]


@pytest.mark.matrix
def test_bash_runs_nothing_of_a_hostile_recording(program: Path, tmp_path: Path) -> None:
    recording = _hostile(tmp_path / "rec")
    line = f"netaudit audit {recording} --container "
    assert _press(line, program) == f"{line}plain "
    assert not (program / "pwned").exists()


_ZSH = f"""
compdef() {{ }}
_arguments() {{ print -r -- "$@" }}
_files() {{ print files }}
. {completions.FOLDER / "_netaudit"}
for line in "$@"; do
    words=(${{=line}}); CURRENT=$#words; _netaudit_completion
done
"""


@pytest.mark.matrix
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_is_offered_the_same(program: Path, tmp_path: Path) -> None:
    env = environment(PATH=f"{program}:{os.environ['PATH']}")
    lines = [f"netaudit audit {SHOP} --container graf", f"netaudit audit {SHOP} --from lan:e"]
    lines.append(f"netaudit audit {_hostile(tmp_path / 'rec')} --container p")
    zsh = ["zsh", "-f", "-c", _ZSH, "zsh", *lines]
    said = subprocess.run(zsh, env=env, capture_output=True, text=True, check=True, cwd=program).stdout
    assert [line for line in said.splitlines() if line] == [
        *('*: :(("grafana"))', '*: :(("lan\\\\:eth0"))', '*: :(("plain"))'),
    ]
    assert not (program / "pwned").exists()
