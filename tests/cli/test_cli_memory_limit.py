"""Under `ulimit -v` a command does its work or says in one line that it cannot: no abort, no traceback."""

import subprocess
import sys

import pytest
from hostile.commands import AFTER, BEFORE
from programs import environment
from sampling import sampled

COMMANDS = {
    "show": ("show", AFTER),
    "diff": ("diff", BEFORE, AFTER),
    "report": ("report", AFTER),
    "exposure": ("exposure", AFTER),
    "audit": ("audit", AFTER, "--fail-on", "none"),
}
FLOOR = 100  # MiB; below, Python itself does not start


@pytest.mark.parametrize("limit", sampled((FLOOR, 250, 600, 1500, 1900), (600,)))
@pytest.mark.parametrize("command", sampled(COMMANDS, ("report",)))
def test_a_limit_of_memory_is_kept_or_named(command: str, limit: int) -> None:
    argv = ["bash", "-c", f'ulimit -v {limit << 10}; exec "$@"', "bash", sys.executable, "-m", "netaudit"]
    done = subprocess.run([*argv, *COMMANDS[command]], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode in (0, 3), done.stderr
    if done.returncode:
        assert done.stderr.startswith("netaudit: ")
        assert done.stderr.count("\n") == 1
        assert "ulimit -v" in done.stderr


def test_where_no_thread_may_be_started_sets_of_packets_are_refused() -> None:
    script = """
import threading
from netaudit.errors import NetauditError
from netaudit.packets.sets.space import PacketSpace
def refuse(self): raise RuntimeError("can't start new thread")
threading.Thread.start = refuse
try:
    PacketSpace([{"port": 16}], nodes=1 << 10)
except NetauditError as error:
    print(error.message)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout == "no thread may be started for sets of packets\n"
