"""Apply what findings print, as it is printed, to the hosts on which they are found: docs/remedies.md.

python -m lab.remedies [NAME …]      on all hosts of lab.bad_hosts, or on these; as root
"""

import datetime as dt
import json
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.bad_hosts import HOSTS, OF_PODMAN, BadHost, Machine, build, run, take
from lab.engine import Engine
from lab.podman import Podman
from netaudit.api.rules import shipped_catalog
from netaudit.attribute.services import Services
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.remedy.choices import assume, put_in
from netaudit.audit.run import Plan
from netaudit.catalog import load_checks, load_services
from netaudit.model.facts import Facts
from netaudit.model.severity import Severity
from netaudit.replica.remedies import RemedyRunner
from netaudit.store import load

_REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = _REPOSITORY / "docs" / "remedies.md"
RESULTS = Path(__file__).parent / "remedies.json"
_TODAY = dt.date(2026, 12, 1)
_RESTART = "systemctl restart docker"
_NO_MODULES = "command -v modprobe >/dev/null || modprobe() { :; }"  # a machine without it has them in its kernel
_SAVE = """
iptables-nft-save >/run/lab/4; ip6tables-nft-save >/run/lab/6; nft list table inet filter >/run/lab/nft 2>/dev/null || :
sysctl -a 2>/dev/null | grep -E 'rp_filter|route_localnet|ip_forward |bridge-nf-call' >/run/lab/sysctl || :
"""
_PUT_BACK = """
for table in filter nat raw mangle; do iptables-nft -t $table -F; ip6tables-nft -t $table -F; done
iptables-nft-restore </run/lab/4; ip6tables-nft-restore </run/lab/6
if [ -s /run/lab/nft ]; then nft delete table inet filter; nft -f /run/lab/nft; fi
sysctl -q -p /run/lab/sysctl || :
"""
# What is found on it changed after it was recorded.
CHANGED = BadHost("changed-since", "28.5.2", (run("web", "-p 8080:80", 80),), {})
_CHANGES = (
    "iptables -P FORWARD ACCEPT",
    "iptables -R DOCKER 2 ! -i docker0 -o docker0 -j ACCEPT",
)


@dataclass(frozen=True)
class Applied:
    """What came of one command: `computed` is what --verify-fix says, None where it says nothing."""

    check: str
    host: str
    line: str
    chosen: str
    closes: bool
    computed: bool | None
    opens: tuple[str, ...]
    way: str = ""  # which of the ways to close it


class Bench:
    """One bad host, on which remedies are applied one after the other; each is undone."""

    def __init__(self, engine: Machine, bad: BadHost, changes: tuple[str, ...] = ()) -> None:
        self._engine, self._bad = engine, bad
        since = self._record() if changes else None
        for one in changes:
            self._shell(one)
        self._auditor = Auditor(shipped_catalog(), Services(load_services()), Plan(load_checks(), _TODAY), since=since)
        self._before = self._auditor.audit_and_verify(self._record(), RemedyRunner(elsewhere=True).run)

    def apply_all(self, done: set[tuple[str, str]]) -> Iterator[Applied]:
        """Apply each kind of remedy that was not applied yet; what cannot be undone comes last."""
        found = [(one, at) for one in self._before.findings for at, advice in enumerate(one.advice) if advice.commands]
        for finding, at in sorted(found, key=lambda pair: _is_lasting(pair[0].advice[pair[1]])):
            advice = finding.advice[at]
            key = (finding.check.id, _way(finding, at))
            chosen = assume(advice)
            if chosen is not None and key not in done and (finding.check.id, "") not in done:
                done.add(key)
                yield self._apply(finding, at, dict(chosen))

    def _apply(self, finding: Finding, at: int, chosen: dict[str, str]) -> Applied:
        line = put_in(finding.advice[at], chosen).line
        self._shell(_SAVE)
        if line == _RESTART:
            assert isinstance(self._engine, Engine)
            self._engine.restart()
        else:
            self._shell(line)
        after = self._auditor.audit(self._record())
        if not _is_lasting(finding.advice[at]):
            self._shell(_PUT_BACK)
        verdict = finding.verified[at] if finding.verified else None
        return Applied(
            finding.check.id,
            self._bad.name,
            finding.advice[at].line,
            ", ".join(f"{name} {value}" for name, value in chosen.items()),
            finding.fingerprint not in {one.fingerprint for one in after.findings},
            verdict.closes if verdict else None,
            tuple(_opened(self._before, after)),
            _way(finding, at),
        )

    def _shell(self, line: str) -> None:
        own = ""
        if isinstance(self._engine, Podman):
            own = f'podman() {{ {shlex.join(self._engine.command("podman"))} "$@"; }}'
        self._engine.host.run(["sh", "-ec", f"{_NO_MODULES}\n{own}\n{line}"])

    def _record(self) -> Facts:
        with tempfile.TemporaryDirectory() as folder:
            take(self._engine.host, Path(folder) / "it")
            return load(Path(folder) / "it")


def _way(finding: Finding, at: int) -> str:
    """Name a way to close a finding: which of its check's, and by which program."""
    return f"{at} {finding.advice[at].commands[0].text.partition(' ')[0]}"


def _is_lasting(advice: Advice) -> bool:
    """Return whether it changes containers, or their engine."""
    return any(one in advice.line for one in ("docker ", "podman ")) or advice.line == _RESTART


def _opened(before: Audit, after: Audit) -> Iterator[str]:
    known = {one.fingerprint for one in before.findings}
    grave = (one for one in after.findings if one.severity.rank >= Severity.MEDIUM.rank)
    return (f"{one.check.id}: {one.subject}" for one in grave if one.fingerprint not in known)


def apply_on(bad: BadHost, done: set[tuple[str, str]]) -> list[Applied]:
    """Build a host, and apply what is printed for it."""
    with ExitStack() as stack:
        changes = _CHANGES if bad is CHANGED else ()
        return list(Bench(build(bad, stack), bad, changes).apply_all(done))


def main(names: list[str]) -> int:
    """Apply the remedies of the hosts named, or of all; gives the exit code."""
    known = [] if not RESULTS.exists() else [Applied(**one) for one in json.loads(RESULTS.read_text())]
    kept = [one for one in known if names and one.host not in names]
    done = {(one.check, one.way) for one in kept}
    for bad in (one for one in (*HOSTS, *OF_PODMAN, CHANGED) if not names or one.name in names):
        print(f"{bad.name} …", flush=True)
        kept += apply_on(bad, done)
        RESULTS.write_text(json.dumps([asdict(one) for one in kept], indent=1) + "\n")
    PAGE.write_text(render())
    return 0


_HEAD = """# Remedies

Each command that a check prints, applied as printed to a real host on which it is found (`tests/lab/bad_hosts.py`),
with a private network for a value that the operator has to choose; then the host is recorded and audited again. The
last columns: the finding is gone, `--verify-fix` had said so, and what of medium severity or more came with it (a port
that is reached again is open to the world again). Made by `python -m lab.remedies`.

| Check | Host | Command | Closes | Computed | Comes with it |
|---|---|---|---|---|---|
"""
_REST = """
## Not applied

Checks that print a command which was not applied in the lab, and why.

| Check | Why |
|---|---|
"""
_WHY = {
    "forward-drop-kills-nftables-ports": "its host needs engine 29, which the lab does not have; of a recording"
    " of 29.7.2 whose FORWARD drops `--verify-fix` says that it closes",
    "swarm-ingress-chain-missing": "no engine writes DOCKER-INGRESS in the lab, whose kernel has no IPVS",
}


def render() -> str:
    """Make the page from what was seen last."""
    applied = [Applied(**one) for one in json.loads(RESULTS.read_text())]
    rows = (_row(one) for one in sorted(applied, key=lambda one: (one.check, one.line)))
    seen = {one.check for one in applied}
    left = [one.id for one in load_checks() if any(remedy.run for remedy in one.remedies) and one.id not in seen]
    why = "not applied yet: its command is computed only"
    rest = (f"| `{name}` | {_WHY.get(name, why)} |\n" for name in left)
    return "".join([_HEAD, *rows, _REST, *rest])


def _row(one: Applied) -> str:
    words = {True: "yes", False: "NO", None: "not computed"}
    command = one.line.replace("|", "\\|")
    chosen = f" ({one.chosen})" if one.chosen else ""
    opens = ", ".join(dict.fromkeys(name.partition(":")[0] for name in one.opens)) or "nothing"
    known = f"{words[one.closes]} | {words[one.computed]} | {opens}"
    return f"| `{one.check}` | {one.host} | `{command}`{chosen} | {known} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
