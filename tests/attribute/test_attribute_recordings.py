"""Recordings of real engines of the latest kind, both backends: every rule is proved, none is missing."""

from itertools import pairwise
from pathlib import Path

import pytest
from small_hosts import CATALOG, show

from netaudit.attribute import attribute_diff
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parent.parent / "recordings"
STEPS = sorted(path.parent for path in RECORDINGS.glob("29.*/*/*/docker-networks.json"))
SCENARIOS = sorted({step.parent for step in STEPS})


def _name(path: Path) -> str:
    return "/".join(path.relative_to(RECORDINGS).parts)


@pytest.mark.parametrize("step", STEPS, ids=_name)
def test_every_rule_of_engine_29_is_proved_and_none_is_missing(step: Path) -> None:
    shown = show(parse_snapshot(load(step)))
    assert shown.coverage.rules > 0
    assert shown.coverage.proved == shown.coverage.rules
    assert (shown.missing, shown.defects, shown.coverage.undecided) == ((), (), 0)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_name)
def test_every_change_of_a_rule_of_engine_29_has_a_cause(scenario: Path) -> None:
    steps = [parse_snapshot(load(step)) for step in STEPS if step.parent == scenario]
    for before, after in pairwise(steps):
        diff = attribute_diff(before, after, CATALOG)
        assert all(one.attribution.causes for one in diff.changes)


@pytest.mark.parametrize("backend", ["iptables-nft", "nftables"])
def test_a_published_port_is_the_cause_of_what_it_opened(backend: str) -> None:
    scenario = RECORDINGS / f"29.0.0-{backend}" / "default-one-port"
    before, after = (parse_snapshot(load(scenario / step)) for step in ("00", "01"))
    kinds = {cause.kind for one in attribute_diff(before, after, CATALOG).changes for cause in one.attribution.causes}
    assert {str(kind) for kind in kinds} == {"port-binding", "endpoint"}
