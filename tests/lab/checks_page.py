"""docs/checks.md and docs/netaudit.schema.json: every check, every fact, and what is found in the lab's recordings.

python -m lab.checks_page      write them
"""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import packing

from lab.bad_hosts import HOSTS
from netaudit.api.rules import shipped_catalog
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.services import Services
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.remedy import Fix
from netaudit.audit.finding import Audit
from netaudit.audit.run import Plan
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import declared
from netaudit.catalog import load_checks, load_services
from netaudit.catalog.config import config_schema
from netaudit.model.severity import Severity
from netaudit.store import load

_REPOSITORY = Path(__file__).resolve().parents[2]
_RECORDINGS = _REPOSITORY / "tests" / "recordings"
_SCENARIOS = _RECORDINGS / "28.5.2-iptables-nft"
_CHANGED = ("database-on-every-address", "edited-in-place")  # compared with how they are once all is well
_OTHERS = ("20.10.24-iptables-nft/icc-off-link", "29.0.0-nftables/default-one-port", "20.10.24-iptables-nft/swarm")
PAGE = _REPOSITORY / "docs" / "checks.md"
SCHEMA = _REPOSITORY / "docs" / "netaudit.schema.json"
_TODAY = dt.date(2026, 12, 1)
_HEAD = """# Checks

What `netaudit audit` looks for. Each check is one file below `rules/checks/`, with examples that it flags and examples
that it passes; `netaudit explain CHECK` prints one. This page is made by `make goldens`, and a test keeps it true.

"""
_OWN = """
## A check of your own

A folder of such files is put beside these with `--checks DIR`, or `checks = ["DIR"]` in netaudit.toml. The file's name
is the check's id; this is `rules/checks/host-network-container.yaml`:

```yaml
{example}```

| Key | Means |
|---|---|
| `summary` | what is wrong, in a sentence |
| `severity` | `info`, `low`, `medium`, `high`, `critical`: how bad it is if it is true |
| `graver` | a severity, and a condition under which it is that; the first that holds wins |
| `confidence` | `low`, `medium`, `high`: how sure it is |
| `subject` | the kind of thing that it is put to, one by one: the headings below |
| `condition` | an expression (CEL) over the subject's facts that is true where it is wrong |
| `finding` | a sentence with facts in braces |
| `remediation` | such a sentence, or a list of remedies, the first choice first |
| `rationale`, `references` | why it matters, and who says so |
| `decided-by` | patterns of signatures: which of the subject's rules prove it; all of them, unless said |
| `permissible` | `true` where it is about what can be reached: a policy that permits it accepts the finding |
| `flagged`, `clean` | facts of a subject that it must flag, and of one that it must pass |

A remedy is `do` (a sentence), `run` (commands), `when` (the subjects that it serves) and, where it has no commands,
`fix`: what `--verify-fix` works out ({fixes}). `use` names remedies that many checks share (`rules/remedies.yaml`).
Commands have the host's real names: `{iptables}` is the program of the right family and backend, a list such as
`{ways_in}` makes one command of each of its values, `{spec...}` is all of a list. What only the operator can choose
stands as `<TRUSTED_NET>`: a shell looks for a file of that name, finds none, and runs neither this command nor what
follows it; nft refuses the script. `--verify-fix` runs the commands, as they are printed, on a copy of the recording
(with a private network for `TRUSTED_NET`), the first choice and each alternative by itself.
For root, commands of iptables, nft, ipset, ip, sysctl run on a replica of the host's rules, in a network namespace of
its own, by the real programs; what docker, podman and systemctl would do is computed, and all of it for other users and
for hosts with more than 5,000 rules.
[remedies.md](remedies.md) is what came of them on real hosts.

A fact that is not known is left out: `a || b` is true where either is, and what depends on the absent one is undecided,
never clean.

Packets that could not be decided (`may` in the exposure table) are open or closed, and a condition is asked for both.
Where it holds either way, the finding is certain. Where it holds only if they are open, the finding stands, one step
less confident, and says why. Where it would hold only if they were closed, it is undecided: `may` never counts as
closed. What could not be listed at all, such as the containers of an engine that does not answer, is named with the
checks that were not put. `--strict` exits with 4 for each of these. Without it, a check that could have failed the
audit and has no answer is named on standard error, and where `--no-exposure` is the reason, the code is 4 all the same.
"""
_WHERE = """
## Where they are found

In recordings of real engines (`tests/recordings`): hosts that were made wrong on purpose (`bad/`, with what an audit
must find on each in `tests/lab/bad_hosts.py`), hosts with other makers beside Docker, and two steps of each of the
lab's scenarios on engine 28.5.2 with iptables-nft and a few on others: the one with most to say, and the last. Changes
are those since the scenario's first step; checks that need the exposure table are put to `bad/` alone.

"""


def main() -> int:
    """Write the page and the schema."""
    packing.unpack(packing.TREE)
    PAGE.write_text(render())
    SCHEMA.write_text(render_schema())
    return 0


def render_schema() -> str:
    return json.dumps(config_schema(), indent=2) + "\n"


def render() -> str:
    """Make the page."""
    checks = load_checks()
    example = (_REPOSITORY / "rules" / "checks" / "host-network-container.yaml").read_text()
    fixes = ", ".join(f"`{one}`" for one in Fix if one)
    own = _OWN.replace("{example}", example).replace("{fixes}", fixes)
    parts = [_HEAD, *_table(checks), own, *_facts(), _WHERE, *_matrix(checks)]
    return "".join(parts)


def _table(checks: tuple[Check, ...]) -> Iterator[str]:
    yield "| Check | Severity | Confidence | Put to each | Finds |\n|---|---|---|---|---|\n"
    order = {severity: -severity.rank for severity in Severity}
    for check in sorted(checks, key=lambda check: (order[check.severity], check.id)):
        graver = "".join(f" ({severity})" for severity, _ in check.graver)
        yield f"| [`{check.id}`](../rules/checks/{check.id}.yaml) | {check.severity}{graver} | {check.confidence}"
        yield f" | {check.subject} | {check.summary} |\n"


def _facts() -> Iterator[str]:
    for kind, facts in FACTS.items():
        yield f"\n### {kind}\n\n{facts.__doc__}\n\n| Fact | Type | Means | Unknown without |\n|---|---|---|---|\n"
        for one in declared(facts):
            name = getattr(one.type, "__name__", str(one.type)) if "[" not in str(one.type) else str(one.type)
            yield f"| `{one.name}` | {name} | {one.meaning} | {', '.join(one.sources)} |\n"


def _matrix(checks: tuple[Check, ...]) -> Iterator[str]:
    found: dict[str, list[str]] = {check.id: [] for check in checks}
    for name, audit in _audits():
        for check in dict.fromkeys(one.check.id for one in audit.findings):
            if name not in found[check]:
                found[check].append(name)
    yield "| Check | Found in |\n|---|---|\n"
    for check, names in found.items():
        yield f"| `{check}` | {_names(names)} |\n"


def _names(names: list[str]) -> str:
    """Name the first few, those that are wrong on purpose before others."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown or "its own examples only"


def _audits() -> Iterator[tuple[str, Audit]]:
    for host in HOSTS:
        folder = _RECORDINGS / "bad" / host.name
        since = folder / "after" if host.name in _CHANGED else None
        yield f"bad/{host.name}", _audit(folder / "before", exposure=ComputeExposure.ALWAYS, since=since)
    yield "makers/ufw/enabled", _audit(_RECORDINGS / "makers" / "ufw" / "enabled")
    for folder in sorted((_RECORDINGS / "makers" / "docker").iterdir()):
        yield f"makers/docker/{folder.name}", _audit(folder)
    for scenario in (*sorted(_SCENARIOS.iterdir()), *(_RECORDINGS / name for name in _OTHERS)):
        name = scenario.name if scenario.parent == _SCENARIOS else str(scenario.relative_to(_RECORDINGS))
        steps = sorted(path for path in scenario.iterdir() if path.is_dir())
        for step in dict.fromkeys((max(steps, key=_size), steps[-1])):
            yield name, _audit(step, since=steps[0])


def _size(step: Path) -> int:
    """Tell how much there is to say of a step."""
    return sum(file.stat().st_size for file in step.iterdir())


@cache
def _auditor(exposure: ComputeExposure) -> Auditor:
    return Auditor(shipped_catalog(), Services(load_services()), Plan(load_checks(), _TODAY), exposure=exposure)


def _audit(folder: Path, exposure: ComputeExposure = ComputeExposure.NEVER, since: Path | None = None) -> Audit:
    auditor = msgspec.structs.replace(_auditor(exposure), since=load(since) if since else None)
    return auditor.audit(load(folder))


if __name__ == "__main__":
    sys.exit(main())
