"""The systemd unit of examples/: what it records with so few privileges is what root records."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import REPOSITORY, LabHost
from unit_sandbox import settings

pytestmark = pytest.mark.engine
UNIT = REPOSITORY / "examples" / "netaudit-record.service"
WATCH = REPOSITORY / "examples" / "netaudit-watch.service"
TIMER = REPOSITORY / "examples" / "netaudit-record.timer"
SANDBOX = [sys.executable, str(Path(__file__).with_name("unit_sandbox.py")), str(UNIT)]
STATE = "/var/lib/netaudit"
_GAPS = (
    "import sys, json; from netaudit.collect.collector import collect; facts = collect();"
    "print(json.dumps([sorted(facts.files), sorted([gap.source, gap.reason, gap.detail] for gap in facts.gaps),"
    " facts.files['sockets.txt'].decode()]))"
)
# What each capability is for: without it, these files are a gap.
NEEDED = {
    NFT: {"CAP_NET_ADMIN": {"iptables-save.txt"}, "CAP_NET_RAW": set(), "CAP_SYS_PTRACE": {"daemon.json"}},
    LEGACY: {
        "CAP_NET_ADMIN": {"iptables-legacy-save.txt"},
        "CAP_NET_RAW": {"iptables-legacy-save.txt"},
        "CAP_SYS_PTRACE": {"daemon.json"},
    },
}
_LISTEN = "import socket, time; s = socket.create_server(('127.0.0.1', 7777)); time.sleep(600)"


@pytest.fixture(scope="module")
def listening(guarded: tuple[Engine, Path]) -> Iterator[LabHost]:
    """Give a host on which a plain user's program listens."""
    host = guarded[0].host
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    program = host.popen([*nobody, sys.executable, "-c", _LISTEN])
    host.run(["sh", "-c", "until ss -lntH | grep -q 7777; do sleep 0.05; done"])
    yield host
    os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def test_the_unit_sees_all_that_root_sees(listening: LabHost) -> None:
    as_root = json.loads(listening.run([sys.executable, "-c", _GAPS]).stdout)
    as_unit = json.loads(listening.run([*SANDBOX, "--", sys.executable, "-c", _GAPS]).stdout)
    assert as_unit == as_root
    assert as_unit[1] == []


def test_a_plain_user_s_program_has_a_name_with_the_capability_to_look_into_its_folder(listening: LabHost) -> None:
    without = [*SANDBOX, "--without", "CAP_DAC_READ_SEARCH", "--", sys.executable, "-c", _GAPS]
    ours, less = (
        next(line for line in json.loads(listening.run(argv).stdout)[2].splitlines() if ":7777" in line)
        for argv in ([*SANDBOX, "--", sys.executable, "-c", _GAPS], without)
    )
    assert "users:" in ours
    assert "users:" not in less


def test_its_recording_shows_the_same_rules_with_the_same_causes(guarded: tuple[Engine, Path]) -> None:
    host = guarded[0].host
    host.run(["rm", "-rf", STATE])
    record = [sys.executable, "-m", "netaudit", "record", "-o"]
    host.run([*record, "/run/lab/by-root"])
    host.run([*SANDBOX, "--", *record, f"{STATE}/last"])
    ours, roots = (
        json.loads(host.python("-m", "netaudit", "show", place, "--format", "json").stdout)
        for place in (f"{STATE}/last", "/run/lab/by-root")
    )
    assert ours["rules"] == roots["rules"]
    assert ours["snapshot"]["gaps"] == roots["snapshot"]["gaps"] == []
    host.run(["rm", "-rf", "/run/lab/by-root", STATE])


def test_it_can_write_nowhere_else_and_change_nothing(guarded: tuple[Engine, Path]) -> None:
    host = guarded[0].host
    for attempt in (
        "touch /etc/planted",
        "touch /run/planted",
        "sysctl -w net.ipv4.ip_forward=0",
        "mount -t tmpfs none /mnt",
        "unshare -n true",
        "chroot / true",
        "date -s 2001-01-01",
    ):
        done = host.run([*SANDBOX, "--", "sh", "-c", attempt], check=False)
        assert done.returncode != 0, attempt
        assert "denied" in done.stderr or "ermitted" in done.stderr or "Read-only" in done.stderr, done.stderr
    assert host.run([*SANDBOX, "--", "sh", "-c", f"touch {STATE}/mine"]).returncode == 0


@pytest.mark.parametrize("capability", NEEDED[NFT])
def test_without_one_of_its_capabilities_there_is_a_gap(guarded: tuple[Engine, Path], capability: str) -> None:
    engine = guarded[0]
    said = engine.host.run([*SANDBOX, "--without", capability, "--", sys.executable, "-c", _GAPS]).stdout
    gaps = {source for source, _, _ in json.loads(said)[1]}
    assert gaps >= NEEDED[engine.backend][capability]


def test_looking_inside_containers_without_its_capability_is_a_gap(guarded: tuple[Engine, Path]) -> None:
    host = guarded[0].host
    record = [sys.executable, "-m", "netaudit", "record", "--inside", "-o", f"{STATE}/inside"]
    host.run(["rm", "-rf", STATE])
    said = host.run([*SANDBOX, "--", *record])
    assert "inside.json" in said.stderr


_MANAGER = """
import socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
    manager.bind("/run/lab/notify")
    while True:
        print(manager.recv(1000).decode(), flush=True)
"""


def test_the_watch_works_within_the_bounds_of_its_unit_and_tells_the_service_manager(
    guarded: tuple[Engine, Path],
) -> None:
    host = guarded[0].host
    host.run(["sh", "-c", f"rm -rf {STATE} /run/lab/notify"])
    manager = host.popen([sys.executable, "-c", _MANAGER], stdout=subprocess.PIPE)
    host.run(["sh", "-c", "until [ -e /run/lab/notify ]; do sleep 0.05; done"])
    variables = ["NOTIFY_SOCKET=/run/lab/notify", "WATCHDOG_USEC=1000000", f"NETAUDIT_STORE={STATE}/history.sqlite"]
    watch = ["env", *variables, sys.executable, "-m", "netaudit", "watch", "--no-journal"]
    sandbox = [SANDBOX[0], SANDBOX[1], str(WATCH)]
    watching = host.popen([*sandbox, "--", *watch], stderr=subprocess.PIPE)
    assert manager.stdout
    assert watching.stderr
    said = [manager.stdout.readline()]
    while said[-1] not in (b"READY=1\n", b""):
        said.append(manager.stdout.readline())
    host.run(["iptables", "-N", "PLANTED"])
    line = b""
    while b"1 chain" not in line and b"rules +" not in line:
        line = watching.stderr.readline()
        assert line
    assert b"iptables" in line or b"legacy" in line
    while said[-1] not in (b"WATCHDOG=1\n", b""):
        said.append(manager.stdout.readline())
    host.run(["sh", "-c", "kill -TERM $(pgrep -f '[n]etaudit watch')"])
    while said[-1] not in (b"STOPPING=1\n", b""):
        said.append(manager.stdout.readline())
    assert said[-1] == b"STOPPING=1\n"
    os.killpg(manager.pid, signal.SIGKILL)
    watching.stderr.close()
    assert watching.wait(60) == 0
    manager.stdout.close()
    manager.wait()
    host.run(["iptables", "-X", "PLANTED"])
    kept = host.run(["sh", "-c", f"stat -c '%a %n' {STATE}/*"]).stdout.split("\n")
    assert f"600 {STATE}/history.sqlite" in kept


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for file in (UNIT, TIMER, WATCH):
        text = file.read_text().replace("/usr/local/bin/netaudit", sys.executable)
        (tmp_path / file.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [UNIT, WATCH], ids=lambda unit: unit.stem)
def test_systemd_rates_it_as_little_exposed(unit: Path) -> None:
    assert shutil.which("systemd-analyze"), "make system installs it"
    rate = ["systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", str(unit)]
    done = subprocess.run(rate, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


def test_the_sandbox_knows_every_setting_of_the_unit() -> None:
    assert settings(UNIT)["NoNewPrivileges"] == ["yes"]
