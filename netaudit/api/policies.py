"""A policy, and facts of a host -> which of its entries hold."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from netaudit.api.recordings import StrPath
from netaudit.api.rules import shipped_catalog
from netaudit.catalog.policy import load_policy
from netaudit.model.facts import Facts
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.policy.hold import hold
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
    day = today or dt.datetime.now(tz=dt.UTC).astimezone().date()
    names = None if uplinks is None else tuple(uplinks)
    return hold(parse_snapshot(facts), known, shipped_catalog(), day, names).assertion
