"""The shell script and programs that fail: each a gap in its recording, never an empty ruleset."""

import subprocess
from pathlib import Path

import pytest
from collect_hosts import Host

from netaudit.collect.script import recording_script
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.store import load

pytestmark = pytest.mark.kernel
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
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


def _record(
    host: Host, folder: Path, shell: list[str], programs: dict[str, str], docker_host: str = "unix:///nowhere"
) -> Facts:
    # As root, programs are looked up in the system's folders: the test's own is made one.
    (folder / "record.sh").write_text(recording_script(timeout=1).replace("own=/usr/sbin", f"own={folder}:/usr/sbin"))
    (folder / "record.sh").chmod(0o644)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    path = f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"
    host.run("env", f"PATH={path}", f"DOCKER_HOST={docker_host}", *shell, f"{folder}/record.sh", f"{folder}/made")
    return load(folder / "made")
