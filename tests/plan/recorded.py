"""Recorded scenarios as an oracle of plans: what a step really added is held against what is planned for it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from netaudit.api.rules import shipped_catalog
from netaudit.diff import Added, Altered, Change, Moved, Removed, compare
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.model.plan import PlannedInventory
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.plan.rules.effects import find_effects
from netaudit.plan.rules.planned import plan_host, write_rules
from netaudit.store import load

RECORDINGS = Path(__file__).parent.parent / "recordings"
CATALOG = shipped_catalog()
_ENGINES = ("20.10.24", "26.1.5", "28.5.2", "29.0.0", "29.7.2")


class Step(msgspec.Struct, frozen=True):
    """One step of a scenario: what was done, and the recordings around it."""

    name: str
    do: str
    before: Path
    after: Path


def scenarios() -> list[Path]:
    """List the recorded scenarios of engines that say what each step did."""
    return sorted(path.parent for engine in _ENGINES for path in RECORDINGS.glob(f"{engine}-*/*/truth.json"))


def steps(scenario: Path) -> Iterator[Step]:
    """List the steps of a scenario, each with the recording before it."""
    before = scenario / "00"
    for said in json.loads((scenario / "truth.json").read_text())[1:]:
        after = scenario / said["step"]
        yield Step(f"{scenario.parent.name}/{scenario.name}/{said['step']}", said["do"], before, after)
        before = after


@lru_cache(maxsize=4)
def snapshot(recording: Path) -> Snapshot:
    """Read a recording."""
    return parse_snapshot(load(recording))


def misses(step: Step) -> tuple[str, ...]:
    """Plan a step by its inventory alone; say where the planned ruleset is not the recorded one."""
    before, after = snapshot(step.before), snapshot(step.after)
    assert before.inventory
    assert after.inventory
    effects = find_effects(before.inventory, after.inventory)
    written = write_rules(before, after.inventory, effects, CATALOG)
    return differences(written.ruleset, after.ruleset)


def differences(planned: Ruleset, recorded: Ruleset) -> tuple[str, ...]:
    """Say where a planned ruleset is not the recorded one."""
    return tuple(map(_word, compare(planned, recorded)))


def planned(step: Step) -> Snapshot:
    """Plan a step by its inventory alone; return the host afterwards."""
    return plan_host(snapshot(step.before), PlannedInventory(load(step.after)), CATALOG).after


def exposures(host: Snapshot) -> dict[str, list[tuple[str, ...]]]:
    """Return who can reach what, by which rule."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for one in expose(host, host.program, ZoneChoice(), lambda _: True):
        rule = one.rule.where if one.rule else ""
        found.setdefault(f"{one.zone} {one.destination}", []).append((one.outcome, one.way, rule))
    return found


def _word(change: Change) -> str:
    item = change.item
    match change:
        case Added():
            return f"not planned: {item.where} {item.text}"
        case Removed():
            return f"planned, not there: {item.where} {item.text}"
        case Moved(_, before):
            return f"planned at {before.position}, at {item.position}: {item.where} {item.text}"
        case Altered(_, before):
            return f"planned as {before.text}: {item.where} {item.text}"
