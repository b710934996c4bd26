"""Whatever netaudit is asked on a real engine's host, nothing changes: no rule, table, setting, file, object."""

import shlex
import sys
from pathlib import Path

import pytest
from lab.engine import Engine
from lab.image import IDLE
from read_only_socket import SOCKET

from netaudit.collect.remote.script import recording_script

pytestmark = pytest.mark.engine
DOCKER = ("--docker-host", SOCKET)
# {} is the one folder that may be written to; what reads the host comes first, and what reads a recording after it.
COMMANDS = (
    ("record", "-o", "{}/host", *DOCKER),
    ("record", "-o", "{}/inside", "--inside", *DOCKER),
    ("record", "-o", "{}/redacted.tar.gz", "--redact", "--redact-key", "{}/key", "--print-commands", *DOCKER),
    ("record", *DOCKER),
    ("doctor", *DOCKER),
    ("show", *DOCKER),
    ("diff", *DOCKER),
    ("diff", "{}/host", *DOCKER),
    ("run", "--keep", "{}/kept", *DOCKER, "--", "true"),
    ("explain", "nat/DOCKER#2", *DOCKER),
    ("trace", "--from", "internet", "--to", "192.0.2.10:8080/tcp", *DOCKER),
    ("exposure", "--containers", *DOCKER),
    ("audit", "--fail-on", "none", *DOCKER),
    ("audit", "--fail-on", "none", "--verify-fix", "--since", "{}/host", *DOCKER),
    ("report", "-o", "{}/report.html", *DOCKER),
    ("report", "{}/host", "{}/inside", "-o", "{}/changes.html"),
    ("redact", "{}/host", "-o", "{}/redacted", "--redact-key", "{}/key"),
    ("verify", "{}/host"),
)
# Legacy tables are only looked at where they are: looking creates them. Counters are the packets', not ours.
_RULES = """
cat /proc/net/ip_tables_names /proc/net/ip6_tables_names | sort
nft -s list ruleset
for family in ip ip6; do
    test -z "$(cat /proc/net/${family}_tables_names)" || ${family}tables-legacy-save | sed '/^#/d; s/ [[].*//'
done
ip -o link; ip -o addr; ip route show table all; ip -6 route show table all
sysctl -a 2>/dev/null | grep '^net' | grep -v 'conntrack_count'
"""
# What was made, changed, renamed or removed since; a folder is, when that happened to what it held.
_FILES = "find /etc /run /var/lib {elsewhere} -xdev -cnewer {marker} ! -name dockerd.log"
# The folder {} is for what netaudit was told to write; it works in another, which is its home and its TMPDIR too.
_ELSEWHERE = "cd {elsewhere} && HOME={elsewhere} TMPDIR={elsewhere} XDG_STATE_HOME={told} DOCKER_HOST={socket} "
_CHANGES = {
    "a rule": "iptables -A FORWARD -j ACCEPT",
    "a rule inside a container": "nsenter -n -t {pid} iptables -A OUTPUT -j ACCEPT",
    "a table that looking made": "iptables-legacy -t security -S && ip6tables-legacy -t raw -S",
    "a setting": "sysctl -w net.ipv4.conf.eth0.rp_filter=2",
    "a file": "touch /var/lib/docker/new",
    "a file that is gone again": "touch new && rm new",
    "an object": "docker rename db sql || true",
}


class Watched:
    """A host with a real engine whose every change is seen."""

    def __init__(self, engine: Engine, log: Path, folder: Path) -> None:
        self.engine, self.log = engine, log
        self.told, self.elsewhere, self.marker = (folder / name for name in ("told", "elsewhere", "marker"))
        for made in (self.told, self.elsewhere):
            made.mkdir()
        pids = engine.docker("inspect", "-f", "{{.State.Pid}}", "web", "db").split()
        self.pid = pids[1]
        self.namespaces = [[], *(["nsenter", f"--net=/proc/{pid}/ns/net"] for pid in pids)]
        self.rules = self._rules()

    def changes(self, command: str) -> list[str]:
        """Run a shell command, and say what it changed."""
        self.log.write_text("")
        self.marker.touch()
        places = {"elsewhere": self.elsewhere, "told": self.told, "socket": SOCKET, "marker": self.marker}
        self.engine.host.run(["sh", "-ec", _ELSEWHERE.format(**places) + command])
        files = self.engine.host.run(["sh", "-ec", _FILES.format(**places)]).stdout.splitlines()
        requests = [line for line in self.log.read_text().splitlines() if not line.startswith(("GET ", "HEAD "))]
        before, self.rules = self.rules, self._rules()
        return [*files, *requests, *sorted(before ^ self.rules)]

    def _rules(self) -> frozenset[str]:
        """Give every rule, table and setting of the host, and of its containers' own network namespaces."""
        said = [self.engine.host.run([*enter, "sh", "-ec", _RULES]).stdout for enter in self.namespaces]
        return frozenset(f"{number}: {line}" for number, text in enumerate(said) for line in text.splitlines())


@pytest.fixture(scope="module")
def watched(guarded: tuple[Engine, Path], tmp_path_factory: pytest.TempPathFactory) -> Watched:
    engine, log = guarded
    engine.docker("network", "create", "shop")
    engine.docker("run", "-d", "--name", "db", "--network", "shop", *IDLE)
    engine.host.run(["sh", "-c", "while ip addr | grep -q tentative; do sleep 0.1; done"])
    return Watched(engine, log, tmp_path_factory.mktemp("watched"))


def test_no_command_changes_anything(watched: Watched) -> None:
    for command in COMMANDS:
        words = [sys.executable, "-m", "netaudit", *(word.format(watched.told) for word in command)]
        assert (command, watched.changes(shlex.join(words))) == (command, [])


def test_the_script_changes_nothing(watched: Watched) -> None:
    script = watched.told / "record.sh"
    script.write_text(recording_script())
    assert watched.changes(f"sh {script} {watched.told}/script") == []


@pytest.mark.parametrize("change", _CHANGES)
def test_a_change_would_be_seen(watched: Watched, change: str) -> None:
    assert watched.changes(_CHANGES[change].format(pid=watched.pid))
