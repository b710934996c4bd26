"""Every recorded step of Podman's: its rules are planned from the recording before and the inventory after it."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from sampling import every

from netaudit.api.rules import shipped_catalog
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.plan.podman.netavark import ruleset_after
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
SCENARIOS = sorted(path for path in RECORDINGS.glob("podman-*tables/*") if len(list(path.glob("*"))) > 1)
DRIVERS = {"iptables": Backend.IPTABLES_NFT, "nftables": Backend.NFTABLES}
# The step is no command of Podman's: Docker's, firewalld's, or rules were flushed and written again by `reload`.
NOT_PODMANS = {"docker-beside/02", "docker-beside/04", "firewalld/02", "flushed/02", "reload/02", "reload/03"}
# netavark takes networks and subnets in an order that inspection does not tell.
DIFFERS = {"two-networks/03", "ipv6-only/02"}


@cache
def _snapshot(step: Path) -> Snapshot:
    return parse_snapshot(load(step))


def _chains(ruleset: Ruleset) -> dict[tuple[str, ...], list[str]]:
    return {
        (table.backend, table.family, table.name, chain.name): [rule.text for rule in chain.rules]
        for table in ruleset.tables
        for chain in table.chains
        if chain.rules
    }


@pytest.mark.parametrize("scenario", every(9, SCENARIOS), ids=lambda one: "/".join(one.parts[-2:]))
def test_what_a_step_of_podmans_writes_is_planned_rule_by_rule_at_its_position(scenario: Path) -> None:
    driver = DRIVERS[scenario.parent.name.rpartition("-")[2]]
    for before, after in pairwise(sorted(one for one in scenario.iterdir() if one.is_dir())):
        name = "/".join(after.parts[-2:])
        if name in NOT_PODMANS | DIFFERS:
            continue
        old, new = _snapshot(before), _snapshot(after)
        assert old.inventory
        assert new.inventory
        planned = ruleset_after(old.ruleset, old.inventory, new.inventory, shipped_catalog(), driver).ruleset
        assert _chains(planned) == _chains(new.ruleset), name


def test_where_the_order_is_not_told_the_rules_are_still_planned() -> None:
    for step, scenario in (("03", "two-networks"), ("02", "ipv6-only")):
        folder = RECORDINGS / "podman-5.4.2-nftables" / scenario
        old, new = _snapshot(folder / f"0{int(step) - 1}"), _snapshot(folder / step)
        assert old.inventory
        assert new.inventory
        planned = ruleset_after(old.ruleset, old.inventory, new.inventory, shipped_catalog(), Backend.NFTABLES)
        sides = [{key: sorted(texts) for key, texts in _chains(one).items()} for one in (planned.ruleset, new.ruleset)]
        assert sides[0] == sides[1]
