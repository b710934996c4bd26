"""Processes that call themselves dockerd: what they say is hostile, and which of them may be the engine at all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collect_hosts import SYSTEM_PYTHON, Engine, Host

from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.options import Where
from netaudit.collect.docker.config import ask_daemon
from netaudit.model.facts import Gap, GapReason, Source

ARGV, CONFIG = Source.DOCKERD_ARGV, Source.DAEMON_JSON
RENAME = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'dockerd'); print(flush=True); time.sleep(1000)"


def _config(engine: Engine, path: str | bytes) -> Answer:
    engine.start({}, b"--config-file=" + os.fsencode(path))
    _, *answers = ask_daemon(Where(docker_host=engine.url))
    assert len(answers) == 1
    return answers[0]


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


def _deep(folder: Path) -> str:
    (folder / "deep").write_text('{"hosts":' + "[" * 200_000 + "]" * 200_000 + "}")
    return str(folder / "deep")


def _huge(folder: Path) -> str:
    with (folder / "huge").open("wb") as file:
        file.truncate(1 << 40)
    return str(folder / "huge")


def _circle(folder: Path) -> str:
    (folder / "circle").symlink_to(folder / "circle")
    return str(folder / "circle")


HOSTILE: dict[str, tuple[Callable[[Path], str], GapReason | None, str]] = {
    "a pipe": (_pipe, GapReason.INVALID, "is not a regular file"),
    "a device without end": (lambda _: "/dev/zero", GapReason.INVALID, "is not a regular file"),
    "a link to one": (lambda _: "/proc/self/fd/0", None, ""),
    "a folder": (str, GapReason.INVALID, "is not a regular file"),
    "nested deep": (_deep, GapReason.INVALID, "is nested more than 100 levels deep"),
    "a terabyte": (_huge, GapReason.INVALID, "holds more than 1 MiB"),
    "a circle of links": (_circle, GapReason.CRASHED, "Too many levels of symbolic links"),
    "what the kernel makes up": (lambda _: "/proc/self/environ", GapReason.INVALID, ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_configuration_that_is_no_small_file_is_a_gap(engine: Engine, what: str) -> None:
    make, reason, detail = HOSTILE[what]
    answer = _config(engine, make(engine.folder))
    if reason is None:
        assert isinstance(answer, Gap | Unused)
        return
    assert isinstance(answer, Gap)
    assert (answer.source, answer.reason) == (CONFIG, reason)
    assert detail in answer.detail


def test_links_and_dots_are_followed_as_dockerd_follows_them(engine: Engine) -> None:
    (engine.folder / "one").mkdir()
    (engine.folder / "one" / "real.json").write_text('{"icc": false}')
    (engine.folder / "link").symlink_to("one/real.json")
    (engine.folder / "far").symlink_to(f"{engine.folder}/link")
    answer = _config(engine, f"/../..{engine.folder}/one/.././far")
    assert isinstance(answer, Answered)
    assert json.loads(answer.data) == {"icc": False}


def test_arguments_that_are_no_text_or_hold_lines_stay_one_line_each(engine: Engine) -> None:
    engine.start({}, b"--log-level=\xff\xfe", "--icc=true\n--icc=false\u2028--ip=192.0.2.1", "--config-file=/none")
    argv, _ = ask_daemon(Where(docker_host=engine.url))
    assert isinstance(argv, Answered)
    lines = argv.data.decode().splitlines()[-3:]
    assert lines == ["--log-level=\ufffd\ufffd", "--icc=true --icc=false --ip=192.0.2.1", "--config-file=/none"]


def test_a_configuration_whose_name_is_no_text_is_read(engine: Engine) -> None:
    path = os.fsencode(engine.folder) + b"/\xff.json"
    Path(os.fsdecode(path)).write_text('{"icc": false}')
    assert isinstance(_config(engine, path), Answered)


def test_credentials_in_an_address_of_the_api_are_hidden(engine: Engine) -> None:
    (engine.folder / "our.json").write_text('{"hosts": ["tcp://me:secret@192.0.2.1:2375", "unix:///run/a@b"]}')
    engine.start(
        {}, "-H", "tcp://me:secret@192.0.2.1:2375", "-H=tcp://secret@[::1]:1", f"--config-file={engine.folder}/our.json"
    )
    argv, kept = ask_daemon(Where(docker_host=engine.url))
    assert isinstance(argv, Answered)
    assert isinstance(kept, Answered)
    assert argv.data.decode().splitlines()[-4:-1] == ["-H", "tcp://…@192.0.2.1:2375", "-H=tcp://…@[::1]:1"]
    assert json.loads(kept.data) == {"hosts": ["tcp://…@192.0.2.1:2375", "unix:///run/a@b"]}


@pytest.mark.kernel
def test_a_process_without_arguments_is_one_that_ends(host: Host) -> None:
    # A process that is dead and not yet collected has a name, and no arguments.
    code = "import ctypes, os, time\nif os.fork():\n    time.sleep(1000)\nctypes.CDLL(None).prctl(15, b'dockerd')"
    host.start(sys.executable, "-c", code)
    host.run("sh", "-c", "until grep -qs 'Name:.dockerd' /proc/[0-9]*/status; do sleep 0.02; done")
    gaps = {gap.source: gap for gap in host.collect().gaps}
    assert gaps[ARGV].reason == gaps[CONFIG].reason == GapReason.ABSENT


@pytest.fixture
def pretender(host: Host, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that calls itself dockerd, in the network of the host, behind some programs."""
    enter = ["nsenter", f"--net=/run/netns/{host.name}", *request.param]
    with subprocess.Popen([*enter, SYSTEM_PYTHON, "-c", RENAME, "--icc=false"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.read(1) == b"\n"
        try:
            yield process
        finally:
            process.kill()


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.mark.kernel
@pytest.mark.usefixtures("pretender")
@pytest.mark.parametrize(
    "pretender",
    [
        NOBODY,
        [*NOBODY, "unshare", "--user", "--map-root-user"],
        ["setpriv", "--bounding-set=-sys_admin"],
        ["unshare", "--pid", "--fork", "--kill-child"],
        ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
    ],
    indirect=True,
    ids=["nobody's", "root of its own user namespace", "without root's powers", "in a pid namespace", "in a container"],
)
def test_a_process_that_cannot_be_the_engine_is_not_taken_for_it(host: Host) -> None:
    gaps = {gap.source: (gap.reason, gap.detail) for gap in host.collect().gaps}
    absent = (GapReason.ABSENT, "no dockerd runs in this network namespace")
    assert (gaps[ARGV], gaps[CONFIG]) == (absent, absent)


@pytest.mark.kernel
@pytest.mark.usefixtures("pretender")
@pytest.mark.parametrize("pretender", [[]], indirect=True)
def test_root_s_own_is_taken(host: Host) -> None:
    assert b"--icc=false\n" in host.collect().files[ARGV]


@pytest.mark.kernel
def test_a_set_user_id_program_that_is_started_as_dockerd_is_not_taken_for_it(host: Host, tmp_path: Path) -> None:
    program = tmp_path / "dockerd"
    program.write_bytes(Path("/usr/bin/sleep").read_bytes())
    program.chmod(0o4755)
    host.start(str(program), "1000")
    host.run("sh", "-c", "until grep -qxs dockerd /proc/[0-9]*/comm; do sleep 0.02; done")
    assert next(gap.reason for gap in host.collect().gaps if gap.source == ARGV) is GapReason.ABSENT


OWN_MOUNTS = """
import os, subprocess, sys
folder = sys.argv[1]
mount = lambda *words: subprocess.run(["mount", *words], check=True)
mount("-t", "tmpfs", "own", folder + "/etc")
open(folder + "/etc/daemon.json", "w").write('{"icc": false}')
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.kernel
@pytest.mark.parametrize("ours", ["", '{"icc": true}'])
def test_a_configuration_of_another_mount_namespace_is_read_and_said(engine: Engine, ours: str) -> None:
    (engine.folder / "etc").mkdir()
    if ours:
        (engine.folder / "etc" / "daemon.json").write_text(ours)
    path = f"{engine.folder}/etc/daemon.json"
    enter = ["unshare", "--mount", sys.executable, "-c", OWN_MOUNTS, str(engine.folder)]
    engine.start({}, f"--config-file={path}", enter=enter)
    _, said, gap = ask_daemon(Where(docker_host=engine.url))
    assert isinstance(said, Answered)
    assert json.loads(said.data) == {"icc": False}
    detail = f"{path} was looked for where dockerd sees it, in another mount namespace: here it is another file"
    assert gap == Gap(CONFIG, GapReason.PARTIAL, detail)


@pytest.mark.kernel
def test_the_same_file_in_another_mount_namespace_needs_no_word(engine: Engine) -> None:
    (engine.folder / "our.json").write_text('{"icc": false}')
    engine.start({}, f"--config-file={engine.folder}/our.json", enter=["unshare", "--mount"])
    assert [type(answer) for answer in ask_daemon(Where(docker_host=engine.url))] == [Answered, Answered]


CHROOTED = (
    "import ctypes, os, sys, time; os.chroot(sys.argv[1]); ctypes.CDLL(None).prctl(15, b'dockerd'); time.sleep(1000)"
)


@pytest.mark.kernel
def test_an_absolute_link_begins_at_dockerd_s_own_root(host: Host, tmp_path: Path) -> None:
    (tmp_path / "etc" / "docker").mkdir(parents=True)
    (tmp_path / "etc" / "docker" / "daemon.json").symlink_to("/../netaudit-test.json")
    (tmp_path / "netaudit-test.json").write_text('{"icc": false}')
    process = host.start(sys.executable, "-c", CHROOTED, str(tmp_path))
    host.run("sh", "-c", f"until grep -qx dockerd /proc/{process.pid}/comm; do sleep 0.02; done")
    assert json.loads(host.collect().files[CONFIG]) == {"icc": False}
