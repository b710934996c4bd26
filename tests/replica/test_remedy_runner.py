"""What findings print is run as it is printed, on a replica of the host; the rest is left to be computed."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.replica.remedies import RemedyRunner

pytestmark = pytest.mark.kernel
REPOSITORY = Path(__file__).parents[2]
TWO_NETS = REPOSITORY / "tests" / "recordings" / "28.5.2-iptables-nft" / "two-nets" / "04"
DROP = "iptables -I DOCKER-USER -i eth0 -j DROP"


def _rules(runner: RemedyRunner, line: str) -> list[str] | None:
    facts = netaudit.load(TWO_NETS)
    after = runner.run(facts, line)
    if after is None:
        return None
    changes = netaudit.compare(facts, after, netaudit.ComputeExposure.NEVER).changes
    return [f"{type(one.change).__name__} {one.change.item.text}" for one in changes]


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        (DROP, ["Added -A DOCKER-USER -i eth0 -j DROP"]),
        (f"{DROP} && {DROP.replace('-I', '-D')}", []),
        (
            "nft 'add table ip own; add chain ip own c; add rule ip own c drop'",
            ["Added chain c", "Added drop"],
        ),
        ("systemctl restart docker", None),
        (f"docker restart web && {DROP}", None),
        ("ufw deny 22", None),
        (f"{DROP} `reboot`", None),
        (f"{DROP} -m comment --comment $(reboot)", None),
        (f"{DROP}\nreboot", None),
        (f"{DROP} -m comment --comment a#b && reboot", None),
        (f"{DROP} -m comment --comment 'left open", None),
    ],
)
def test_a_line_is_run_where_a_replica_has_its_programs(line: str, rules: list[str] | None) -> None:
    assert _rules(RemedyRunner(elsewhere=True), line) == rules


def test_a_line_that_fails_is_told_and_run_once() -> None:
    runner, facts = RemedyRunner(elsewhere=True), netaudit.load(TWO_NETS)
    gone = "iptables -D DOCKER-USER -j DROP"
    assert [runner.run(facts, gone), runner.run(facts, gone)] == [None, None]
    (failure,) = runner.failures
    assert failure.startswith(f"{gone}: sh fails: iptables: Bad rule")
    assert runner.lines == 0


def test_the_rules_of_a_large_host_are_not_loaded_for_each_remedy() -> None:
    facts = netaudit.load(TWO_NETS)
    text = facts.files["iptables-save.txt"].replace(b"*filter\n", b"*filter\n" + b"-A INPUT -j ACCEPT\n" * 5000)
    large = msgspec.structs.replace(facts, files={**facts.files, "iptables-save.txt": text})
    runner = RemedyRunner(elsewhere=True)
    assert runner.run(large, DROP) is None
    assert (runner.lines, runner.failures) == (0, [])


def test_root_has_the_remedies_of_an_audit_run() -> None:
    command = [sys.executable, "-m", "netaudit", "audit", str(TWO_NETS), "--verify-fix", "--fail-on", "none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    said = "ran on a replica of the host's rules"
    assert (said in done.stderr) == (os.geteuid() == 0)
