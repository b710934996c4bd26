"""netaudit on hosts: without root, without Docker, without iptables; and whatever it does, it changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import NO_DOCKER, ONE_PORT, Host, assert_fails, environment, make_host, run

from netaudit.store import load, verify

pytestmark = pytest.mark.kernel
# Another user may not be able to read this Python's files: all is imported before root's rights are given up.
AS_NOBODY = """
import importlib, os, pkgutil, sys
import docker, jinja2, tabulate, netaudit
for module in pkgutil.walk_packages(netaudit.__path__, "netaudit."):
    importlib.import_module(module.name)
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
sys.argv[0] = os.path.join(netaudit.__path__[0], "__main__.py")
importlib.import_module("netaudit.__main__").script()
"""
RULES = """*filter
:INPUT ACCEPT [0:0]
:OWN - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -j OWN
-A OWN -m comment --comment "an operator's" -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
"""
NATIVE = """table inet own {
    set hosts { type ipv4_addr; elements = { 192.0.2.1 }; }
    chain in { type filter hook input priority 5; ip saddr @hosts counter drop; }
}
"""
KINDS = {
    "nft": (
        ("iptables-nft-restore", RULES),
        ("ip6tables-nft-restore", RULES),
        ("nft -f -", NATIVE),
    ),
    "legacy": (
        ("iptables-legacy-restore", RULES),
        ("ip6tables-legacy-restore", RULES),
    ),
    "mixed": (
        ("iptables-nft-restore", RULES),
        ("iptables-legacy-restore", RULES.replace("22", "23")),
        ("nft -f -", NATIVE),
    ),
}
# Legacy tables are only looked at where they are: looking creates them.
STATE = r"""
cat /proc/net/ip_tables_names /proc/net/ip6_tables_names
nft -s list ruleset
iptables-nft-save
ip6tables-nft-save
test -z "$(cat /proc/net/ip_tables_names)" || iptables-legacy-save
test -z "$(cat /proc/net/ip6_tables_names)" || ip6tables-legacy-save
sysctl net.ipv4.ip_forward
ip -o link; ip addr; ip route show table all
"""


@pytest.fixture(params=list(KINDS))
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Make a host of each kind: its rules live behind nft, behind legacy, or behind both."""
    with make_host(request.param) as host:
        _fill(host, request.param)
        yield host


@pytest.fixture
def nft_host() -> Iterator[Host]:
    with make_host("one") as host:
        _fill(host, "nft")
        yield host


def _fill(host: Host, kind: str) -> None:
    host.sh("ip link set lo up")
    for program, rules in KINDS[kind]:
        host.sh(program, feed=rules)


def _state(host: Host) -> list[str]:
    return [line for line in host.sh(STATE).splitlines() if not line.startswith("#")]


# ---- looking changes nothing --------------------------------------------------------------------------------------


def test_no_command_changes_anything(host: Host, tmp_path: Path) -> None:
    before = _state(host)
    keep = {"XDG_STATE_HOME": str(tmp_path)}
    for command in (
        ["record", *NO_DOCKER],
        ["record", "-o", tmp_path / "recording", *NO_DOCKER],
        ["show", *NO_DOCKER],
        ["show", tmp_path / "recording"],
        ["diff", *NO_DOCKER],
        ["diff", tmp_path / "recording", tmp_path / "recording"],
        ["report", "-o", tmp_path / "report.html", *NO_DOCKER],
        ["explain", "filter/OWN#1", *NO_DOCKER],
        ["doctor", *NO_DOCKER],
        ["run", *NO_DOCKER, "--", "true"],
    ):
        done = host.netaudit(*command, env=keep)
        assert (command[0], done.returncode) == (command[0], 0), done.stderr
        assert _state(host) == before


def test_every_rule_of_every_backend_is_shown(host: Host) -> None:
    shown = json.loads(host.netaudit("show", *NO_DOCKER, "--format", "json").stdout)["rules"]
    rules = sorted(one["text"] for one in shown if one["object"] == "rule" and one["backend"] != "nftables")
    assert rules == sorted(line for line in _state(host) if line.startswith("-A "))


def test_a_host_without_any_rule_has_none(tmp_path: Path) -> None:
    with make_host("empty") as host:
        done = host.netaudit("show", *NO_DOCKER)
        assert done.returncode == 0
        assert "0 rules: 0 proved, 0 unattributed" in done.stdout
        assert host.netaudit("record", "-o", tmp_path / "recording", *NO_DOCKER).returncode == 0


# ---- what is not there --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["record", "show", "diff", "report", "run"])
def test_a_user_who_is_not_root(nft_host: Host, tmp_path: Path, command: str) -> None:
    tmp_path.chmod(0o777)
    rest = {"diff": [ONE_PORT / "00"], "run": ["--", "touch", tmp_path / "ran"]}.get(command, [])
    words = map(str, (command, *NO_DOCKER, *rest))
    done = subprocess.run(
        [*nft_host.enter, sys.executable, "-c", AS_NOBODY, *words],
        check=False,
        capture_output=True,
        text=True,
        env=environment(XDG_STATE_HOME=str(tmp_path)),
    )
    assert_fails(done, 3, "this user may not read the host's rules", "run it as root: sudo netaudit …")
    assert list(tmp_path.rglob("*")) == []


def test_without_docker_a_recording_is_made_and_says_so(nft_host: Host, tmp_path: Path) -> None:
    done = nft_host.netaudit("record", "-o", tmp_path / "recording", *NO_DOCKER)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/recording\n")
    gaps = [line for line in done.stderr.splitlines() if "docker-" in line]
    assert gaps == [
        f"netaudit: could not see docker-{name}.json: absent (unix:///nowhere: there is no such socket)"
        for name in ("version", "info", "networks", "containers")
    ]
    *seen, digest = done.stderr.splitlines()
    assert all(line.startswith("netaudit: could not see ") for line in seen)
    assert digest == f"netaudit: digest {verify(tmp_path / 'recording').manifest.digest()}"
    assert load(tmp_path / "recording").gaps


def test_a_redacted_recording_has_the_rules_and_none_of_the_names(nft_host: Host, tmp_path: Path) -> None:
    key = ("--redact-key", tmp_path / "key")
    nft_host.sh("ip link add secret0 type bridge; ip addr add 198.51.100.7/24 dev secret0")
    done = nft_host.netaudit("record", *NO_DOCKER, "--redact", *key, "-o", tmp_path / "hidden")
    assert done.returncode == 0
    plain = nft_host.netaudit("show", *NO_DOCKER).stdout
    assert "operator" in plain
    hidden = b"".join(path.read_bytes() for path in (tmp_path / "hidden").iterdir())
    assert not [word for word in (b"operator", b"secret0", b"198.51.100.7", b"192.0.2.1") if word in hidden]
    shown = run("show", tmp_path / "hidden").stdout
    assert shown.splitlines()[-1].split(":")[0] == plain.splitlines()[-1].split(":")[0]
    assert run("verify", tmp_path / "hidden").returncode == 0


def test_without_docker_strict_is_4(nft_host: Host, tmp_path: Path) -> None:
    for command in (["record", "-o", tmp_path / "recording"], ["show"], ["doctor"], ["report", "-o", tmp_path / "x"]):
        assert nft_host.netaudit(*command, "--strict", *NO_DOCKER).returncode == 4


def test_without_any_program_that_reads_rules(nft_host: Host, tmp_path: Path) -> None:
    hide = 'for folder in /usr/sbin /sbin; do test -L $folder || mount -t tmpfs tmpfs $folder; done; exec "$@"'
    enter = [*nft_host.enter, "unshare", "--mount", "sh", "-ec", hide, "sh"]
    for command in (["record", "-o", tmp_path / "recording"], ["show"], ["run", "--", "touch", tmp_path / "ran"]):
        done = run(command[0], *NO_DOCKER, *command[1:], before=enter, env={"PATH": "/usr/bin:/bin"})
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("netaudit: no program could read the host's rules: ")
        assert "iptables-save.txt: iptables-nft-save is not installed" in done.stderr
        assert done.stderr.endswith(" (install iptables or nftables)\n")
        assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken(nft_host: Host, tmp_path: Path) -> None:
    (tmp_path / "recording").write_text("mine")
    done = nft_host.netaudit("record", "-o", tmp_path / "recording", *NO_DOCKER)
    assert_fails(done, 3, f"{tmp_path}/recording is there already", "give a name that is free")
    assert (tmp_path / "recording").read_text() == "mine"


def test_force_replaces_an_earlier_recording(nft_host: Host, tmp_path: Path) -> None:
    codes = []
    for name in ("recording", "recording.tar"):
        for more in ((), (), ("--force",)):
            done = nft_host.netaudit("record", "-o", tmp_path / name, *more, *NO_DOCKER)
            codes.append(done.returncode)
    assert codes == [0, 3, 0, 0, 0, 0]
    assert {one.name for one in tmp_path.iterdir()} == {"recording", "recording.tar"}


def test_run_does_not_run_what_it_could_not_report(nft_host: Host, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("mine")
    done = nft_host.netaudit("run", "-o", tmp_path / "report", *NO_DOCKER, "--", "touch", tmp_path / "ran")
    assert (done.returncode, (tmp_path / "report").read_text()) == (3, "mine")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["recording", "recording.tar"])
def test_a_full_disk_gets_no_half_a_recording(nft_host: Host, tmp_path: Path, name: str) -> None:
    mount = 'mount -t tmpfs -o size=8k tmpfs "$0"; "$@"; code=$?; ls -A "$0" >&2; exit $code'
    enter = [*nft_host.enter, "unshare", "--mount", "sh", "-c", mount, str(tmp_path)]
    done = run("record", "-o", tmp_path / name, *NO_DOCKER, before=enter)
    message = f"cannot write {tmp_path}/{name}: No space left on device"
    assert_fails(done, 3, message, "free some space, or give a place on another disk")


def test_a_state_folder_that_cannot_be_made(nft_host: Host, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    done = nft_host.netaudit("record", *NO_DOCKER, env={"XDG_STATE_HOME": str(tmp_path / "state")})
    message = f"cannot write {tmp_path}/state/netaudit/recordings: Not a directory"
    assert_fails(done, 3, message, "give another place")


INTERRUPTED = "netaudit: interrupted (no half-written file is left)\n"


def _name(number: signal.Signals) -> str:
    return number.name


# ---- killed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=_name)
@pytest.mark.parametrize("name", ["recording", "recording.tar"])
def test_a_killed_record_leaves_no_half_a_recording(
    nft_host: Host, tmp_path: Path, number: signal.Signals, name: str
) -> None:
    for delay in (0.1, 0.3, 0.4, 0.5, 0.6, 0.8):
        folder = tmp_path / str(delay)
        folder.mkdir()
        process = _start(nft_host, "record", "-o", folder / name, *NO_DOCKER)
        time.sleep(delay)
        process.send_signal(number)
        _, complaint = process.communicate()
        visible = [path.name for path in folder.glob("[!.]*")]
        assert visible in ([], [name])
        assert not visible or load(folder / name).files
        if number is not signal.SIGKILL:
            assert list(folder.glob(".*")) == []
            # Before netaudit could listen, Python ends as it likes.
            early = process.returncode == -number or complaint.endswith("KeyboardInterrupt\n")
            assert early or process.returncode in (0, 128 + number)
            assert early or (process.returncode == 128 + number) == complaint.endswith(INTERRUPTED)


def _start(host: Host, *argv: str | Path) -> subprocess.Popen[str]:
    command = [*host.enter, sys.executable, "-m", "netaudit", *map(str, argv)]
    return subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=os.sep
    )


# ---- run ----------------------------------------------------------------------------------------------------------


def test_run_shows_what_the_command_changed(nft_host: Host) -> None:
    done = nft_host.netaudit("run", *NO_DOCKER, "--", "iptables-nft", "-A", "OWN", "-s", "192.0.2.9", "-j", "DROP")
    assert (done.returncode, done.stderr) == (0, "")
    assert "-A OWN -s 192.0.2.9/32 -j DROP" in done.stdout
    assert "1 added, 0 removed, 0 altered, 0 moved, 1 unattributed" in done.stdout


def test_run_passes_output_and_code_through(nft_host: Host) -> None:
    script = "echo out; echo err >&2; exit 7"
    done = nft_host.netaudit("run", *NO_DOCKER, "--", "sh", "-c", script)
    assert (done.returncode, done.stderr, done.stdout.partition("\n")[0]) == (7, "err\n", "out")


def test_run_keeps_standard_output_for_the_report_alone(nft_host: Host) -> None:
    done = nft_host.netaudit("run", *NO_DOCKER, "--format", "json", "--", "echo", "out")
    assert (done.returncode, done.stderr, done.stdout[:1]) == (0, "out\n", "{")


def test_run_gives_the_code_of_a_signal_as_a_shell_does(nft_host: Host) -> None:
    assert nft_host.netaudit("run", *NO_DOCKER, "--", "sh", "-c", "kill -TERM $$").returncode == 143


def test_run_tells_a_difference_by_its_code(nft_host: Host) -> None:
    add = ["iptables-nft", "-A", "OWN", "-j", "DROP"]
    assert nft_host.netaudit("run", "--exit-code", *NO_DOCKER, "--", *add).returncode == 1
    assert nft_host.netaudit("run", "--exit-code", *NO_DOCKER, "--", "true").returncode == 0


def test_a_command_that_is_not_there_is_127(nft_host: Host) -> None:
    done = nft_host.netaudit("run", *NO_DOCKER, "--", "no-such-command")
    message = "cannot start no-such-command: No such file or directory"
    assert_fails(done, 127, message, "nothing was run; check the command's name")


def test_a_command_that_may_not_be_run_is_126(nft_host: Host, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    done = nft_host.netaudit("run", *NO_DOCKER, "--", script)
    assert_fails(done, 126, f"cannot start {script}: Permission denied", "nothing was run; check the command's name")


def test_run_does_not_run_what_it_could_not_keep(nft_host: Host, tmp_path: Path) -> None:
    (tmp_path / "keep" / "before").mkdir(parents=True)
    (tmp_path / "keep" / "before" / "mine").touch()
    done = nft_host.netaudit("run", "--keep", tmp_path / "keep", *NO_DOCKER, "--", "touch", tmp_path / "ran")
    assert_fails(done, 3, f"{tmp_path}/keep/before is there already", "give a name that is free")
    assert not (tmp_path / "ran").exists()


def test_run_keeps_both_recordings(nft_host: Host, tmp_path: Path) -> None:
    add = ["iptables-nft", "-A", "OWN", "-j", "DROP"]
    assert nft_host.netaudit("run", "--keep", tmp_path / "keep", *NO_DOCKER, "--", *add).returncode == 0
    done = run("diff", tmp_path / "keep" / "before", tmp_path / "keep" / "after", "--exit-code")
    assert (done.returncode, "-A OWN -j DROP" in done.stdout) == (1, True)
