"""A policy, and facts of a host -> which of its entries hold."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

from netaudit.api.recordings import StrPath
from netaudit.api.rules import shipped_catalog
from netaudit.catalog.policy import load_policy
from netaudit.errors import SubjectError
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.hold import Holder
from netaudit.policy.trying import Tried
from netaudit.policy.verdict import Assertion


def hold_policy(
    facts: Facts, policy: StrPath | Policy, today: dt.date | None = None, uplinks: Iterable[str] | None = None
) -> Assertion:
    """Judge every entry of a policy, a file or what was read of one; docs/policy.md describes them.

    Raises ConfigError for a file that is no policy, ParseError for damaged facts. `today` None: today, here.

    >>> from pathlib import Path
    >>> _ = Path("policy.yaml").write_text("policy: [internet can reach web, nothing reaches web but lan]")
    >>> held = netaudit.hold_policy(netaudit.load("after"), "policy.yaml")
    >>> [str(one.verdict) for one in held.judged]
    ['holds', 'broken']
    """
    known = policy if isinstance(policy, Policy) else load_policy(Path(policy))
    return hold_against(parse_snapshot(facts), known, today, uplinks)


def hold_against(
    snapshot: Snapshot, policy: Policy, today: dt.date | None = None, uplinks: Iterable[str] | None = None
) -> Assertion:
    """Judge every entry of a policy against a host that was read already, or one that a plan leads to."""
    return _holder(today, uplinks).hold(snapshot, policy).assertion


def explain_entry(
    snapshot: Snapshot, entry: Entry, today: dt.date | None = None, uplinks: Iterable[str] | None = None
) -> Tried:
    """Judge one entry of a policy, and again without each rule of the host: which rules it rests on."""
    return _holder(today, uplinks).explain(snapshot, entry)


def entry_at(policy: Policy, line: int) -> Entry:
    """Return the entry that begins on a line of its file. Raises SubjectError."""
    found = [one for one in policy.entries if one.line == line]
    if not found:
        lines = ", ".join(str(one.line) for one in policy.entries[:20])
        raise SubjectError(f"{policy.place}:{line}: no entry begins here", hint=f"entries begin on lines {lines}")
    return found[0]


def suggest_policy(snapshot: Snapshot, uplinks: Iterable[str] | None = None) -> str:
    """Write the policy file that a host satisfies today, for a person to prune.

    Raises SubjectError where Docker, the sockets or the interfaces were not recorded.
    """
    found = _holder(None, uplinks).suggest(snapshot)
    lines = ["# Who may reach what, as it is today: keep what is meant, and remove the rest.", "policy:"]
    for project in dict.fromkeys(one.project for one in found):
        lines += ["", f"  # {json.dumps(project)}"] if project else []
        lines += [f"  - {json.dumps(one.text)}" for one in found if one.project == project]
    return "\n".join(lines) + "\n"


def _holder(today: dt.date | None, uplinks: Iterable[str] | None) -> Holder:
    day = today or dt.datetime.now(tz=dt.UTC).astimezone().date()
    return Holder(shipped_catalog(), day, None if uplinks is None else tuple(uplinks))
