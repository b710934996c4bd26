"""The shell script and programs that fail: each a gap in its recording, never an empty ruleset."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from collect_hosts import SYSTEM_PYTHON, Engine, Host

from netaudit.collect.remote.script import recording_script
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.store import load

pytestmark = pytest.mark.kernel
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
ALONE = ("unshare", "--pid", "--fork", "--mount-proc")
SHELLS = [["dash"], ["busybox", "sh"]]


@pytest.mark.parametrize("shell", SHELLS, ids=["dash", "busybox"])
def test_programs_that_die_hang_or_refuse_are_gaps(host: Host, tmp_path: Path, shell: list[str]) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    programs = {
        "nft": "kill -SEGV $$",
        "iptables-nft-save": "sleep 1000",
        "ip6tables-nft-save": "echo Permission denied >&2; exit 1",
        "ss": r"""printf '%s\n' 'a "word" \ too many' >&2; exit 7""",
    }
    facts = _record(host, tmp_path, shell, programs)
    broken = (Source.NFT_RULESET, Source.IPTABLES_NFT, Source.IP6TABLES_NFT, Source.SOCKETS)
    assert [gap for source in broken for gap in facts.gaps if gap.source == source] == [
        Gap(Source.NFT_RULESET, GapReason.CRASHED, "nft ended by signal 11"),
        Gap(Source.IPTABLES_NFT, GapReason.TIMEOUT, "iptables-nft-save did not end in time"),
        Gap(Source.IP6TABLES_NFT, GapReason.DENIED, "ip6tables-nft-save: Permission denied"),
        Gap(Source.SOCKETS, GapReason.CRASHED, 'ss ended with code 7: a "word" \\ too many'),
    ]
    assert not {*broken} & facts.files.keys()


def test_a_mixed_host_is_read_whole_and_no_legacy_table_is_made(host: Host, tmp_path: Path) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    host.run("iptables-legacy", "-A", "INPUT", "-p", "udp")
    facts = _record(host, tmp_path, ["dash"], {})
    assert b"-A OUTPUT -j ACCEPT" in facts.files[Source.IPTABLES_NFT]
    assert b"-A INPUT -p udp" in facts.files[Source.IPTABLES_LEGACY]
    assert Source.IP6TABLES_LEGACY in facts.unused
    assert host.run("cat", "/proc/net/ip6_tables_names") == ""
    assert host.run("cat", "/proc/net/ip_tables_names") == "filter\n"


@pytest.mark.parametrize(
    ("url", "gaps"),
    [("ssh://ops@shop.example", 3), ("tcp://[2001:db8::1]:2376", 3), ("tcp://[::1]:2375", 0), ("unix:///nowhere", 0)],
)
def test_an_engine_of_another_host_explains_nothing_here(host: Host, tmp_path: Path, url: str, gaps: int) -> None:
    facts = _record(host, tmp_path, ["dash"], {}, docker_host=url)
    docker = (Source.DOCKER_VERSION, Source.DOCKER_CONTAINERS, Source.DOCKERD_ARGV)
    assert sum(gap.source in docker and "on another host" in gap.detail for gap in facts.gaps) == gaps
    assert not {*docker} & facts.files.keys()


def test_a_docker_context_is_looked_at_as_docker_host_is(host: Host, tmp_path: Path) -> None:
    docker = 'case "$1 $2" in "context inspect") echo ssh://shop.example ;; *) echo never asked >&2; exit 9 ;; esac'
    facts = _record(host, tmp_path, ["busybox", "sh"], {"docker": docker}, docker_host="")
    gap = next(gap for gap in facts.gaps if gap.source == Source.DOCKER_NETWORKS)
    assert gap.detail == "ssh://shop.example: this engine is on another host, whose containers have no rules here"


def test_a_plain_user_gets_gaps(host: Host, tmp_path: Path) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    tmp_path.chmod(0o777)
    for folder in tmp_path.parents[:3]:
        folder.chmod(0o755)
    facts = _record(host, tmp_path, [*NOBODY, "dash"], {})
    reasons = {gap.source: gap.reason for gap in facts.gaps}
    assert reasons[Source.NFT_RULESET] == reasons[Source.IPTABLES_NFT] == GapReason.DENIED
    assert reasons[Source.IPTABLES_LEGACY] == GapReason.DENIED
    assert reasons[Source.SOCKETS] == GapReason.PARTIAL


def test_a_place_that_is_taken_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for place, code in ((tmp_path / "taken", 3), (tmp_path / "nowhere" / "folder", 3)):
        done = subprocess.run(
            ["dash", "-s", "--", str(place)], input=recording_script(), text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


NO_TIMEOUT = {"timeout": "exit 127", "busybox": "exit 127"}
HANGING_DOCKER = """case "$1 $2" in
"ps -aq") printf 'aa\nbb\n' ;;
"container inspect") sleep 1000 ;;
"network ls") echo cc ;;
"network inspect") echo '{"Id":"cc"}' ;;
*) exec sleep 1000 ;;
esac"""


@pytest.mark.parametrize(  # busybox has its own timeout inside
    ("shell", "without"),
    [(["dash"], {}), (["busybox", "sh"], {}), (["dash"], NO_TIMEOUT)],
    ids=["dash", "busybox", "watchdog"],
)
def test_an_engine_that_hangs_is_a_gap(host: Host, tmp_path: Path, shell: list[str], without: dict[str, str]) -> None:
    facts = _record(host, tmp_path, shell, {"docker": HANGING_DOCKER, **without})
    gaps = {gap.source: gap for gap in facts.gaps}
    late = gaps[Source.DOCKER_CONTAINERS]
    assert late.reason == GapReason.TIMEOUT
    assert late.detail in {f"{what} did not end in time" for what in ("docker: inspect", "docker")}
    assert gaps[Source.DOCKER_VERSION].reason == gaps[Source.DOCKER_INFO].reason == GapReason.TIMEOUT
    assert b'"Id":"cc"' in facts.files[Source.DOCKER_NETWORKS]


@pytest.mark.parametrize("without", [{}, NO_TIMEOUT], ids=["timeout", "watchdog"])
def test_programs_that_print_without_end_are_gaps(host: Host, tmp_path: Path, without: dict[str, str]) -> None:
    facts = _record(host, tmp_path, ["dash"], {"ss": "exec cat /dev/zero", "ip": "yes >&2", **without}, most=1 << 20)
    reasons = {gap.source: (gap.reason, gap.detail) for gap in facts.gaps}
    assert reasons[Source.SOCKETS] == (GapReason.INVALID, "ss printed more than 1 MiB")
    assert Source.IP_ADDR in reasons
    assert not {Source.SOCKETS, Source.IP_ADDR} & facts.files.keys()


def test_all_files_together_have_a_limit(host: Host, tmp_path: Path) -> None:
    facts = _record(host, tmp_path, ["dash"], {"ss": "head -c 2000000 /dev/zero"}, most_of_all=1 << 20)
    assert sum(map(len, facts.files.values())) <= 1 << 20
    gaps = [(one.source, one.detail) for one in facts.gaps if one.source == Source.SOCKETS]
    assert gaps == [(Source.SOCKETS, "all files hold more than 1 MiB")]


@pytest.mark.parametrize("shell", SHELLS, ids=["dash", "busybox"])
def test_a_container_that_cannot_be_inspected_is_told_and_the_others_are_kept(
    host: Host, tmp_path: Path, shell: list[str]
) -> None:
    inspect = """echo '{"Id":"aa"}'; echo broken >&2; exit 1"""
    docker = HANGING_DOCKER.replace("sleep 1000", inspect, 1)
    facts = _record(host, tmp_path, shell, {"docker": docker})
    gap = next(gap for gap in facts.gaps if gap.source == Source.DOCKER_CONTAINERS)
    assert gap == Gap(Source.DOCKER_CONTAINERS, GapReason.PARTIAL, "1 of 2 could not be read: docker: broken")
    assert b'"Id":"aa"' in facts.files[Source.DOCKER_CONTAINERS]


def test_credentials_in_an_address_are_never_said(host: Host, tmp_path: Path) -> None:
    docker = 'echo "cannot connect to $DOCKER_HOST" >&2; exit 1'
    for url in ("tcp://me:hunter2@127.0.0.1:1", "tcp://me:hunter2@192.0.2.1:1", "ssh://me:hunter2@192.0.2.1"):
        shutil.rmtree(tmp_path / "made", ignore_errors=True)
        facts = _record(host, tmp_path, ["dash"], {"docker": docker}, docker_host=url)
        assert "hunter2" not in repr(facts)
        assert any("127.0.0.1:1" in gap.detail or "192.0.2.1" in gap.detail for gap in facts.gaps)


@pytest.mark.parametrize("shell", SHELLS, ids=["dash", "busybox"])
def test_a_configuration_that_is_a_pipe_or_a_device_is_a_gap(
    host: Host, engine: Engine, tmp_path: Path, shell: list[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    engine.start({}, f"--config-file={tmp_path}/pipe", "-H", "tcp://me:hunter2@192.0.2.1", host=host)
    facts = _record(host, tmp_path, shell, {}, sees_processes=True)
    gap = next(gap for gap in facts.gaps if gap.source == Source.DAEMON_JSON)
    assert gap == Gap(Source.DAEMON_JSON, GapReason.INVALID, f"{tmp_path}/pipe: is not a regular file")
    assert facts.files[Source.DOCKERD_ARGV].decode().splitlines()[-2:] == ["-H", "tcp://…@192.0.2.1"]


def test_somebody_s_process_of_that_name_is_not_taken_for_the_engine(host: Host, tmp_path: Path) -> None:
    code = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'dockerd'); time.sleep(1000)"
    process = host.start(*NOBODY, SYSTEM_PYTHON, "-c", code)
    host.run("sh", "-c", f"until grep -qx dockerd /proc/{process.pid}/comm; do sleep 0.02; done")
    facts = _record(host, tmp_path, ["dash"], {}, sees_processes=True)
    assert Source.DOCKERD_ARGV not in facts.files


def _record(
    host: Host,
    folder: Path,
    shell: list[str],
    programs: dict[str, str],
    docker_host: str = "unix:///nowhere",
    *,
    most: int = 0,
    most_of_all: int = 0,
    sees_processes: bool = False,
) -> Facts:
    """Run the script; unless it `sees_processes`, other processes are hidden: a test may run a dockerd beside it."""
    # As root, programs are looked up in the system's folders: the test's own is made one.
    script = recording_script(timeout=5).replace("own=/usr/sbin", f"own={folder}:/usr/sbin")
    script = script.replace("most=268435456", f"most={most}") if most else script
    script = script.replace("most_of_all=536870912", f"most_of_all={most_of_all}") if most_of_all else script
    (folder / "record.sh").write_text(script)
    (folder / "record.sh").chmod(0o644)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"
    script = ("env", f"PATH={path}", f"DOCKER_HOST={docker_host}", *shell, f"{folder}/record.sh", f"{folder}/made")
    host.run(*(() if sees_processes else ALONE), *script)
    return load(folder / "made")
