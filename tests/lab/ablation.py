"""Hold attribution against what each step of a recorded scenario did (truth.json).

Any folder of recordings, as root or not: PYTHONPATH=.:tests python -m lab.ablation FOLDER
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from netaudit.attribute import AttributedChange, Confidence, attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import Cause, CauseKind
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import Removed
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.store import load

Subject = Mapping[str, Any]


class Tally(msgspec.Struct):
    """What was counted over the steps of one scenario on one engine."""

    changed: int = 0  # rules and map elements that the steps added, removed, altered or moved
    exact: int = 0  # of these, proved, and for what the step was about
    wrong: list[str] = []
    unattributed: list[str] = []
    missing: list[str] = []  # in the steady state after a step
    defects: list[str] = []  # stale, misplaced or duplicate in the steady state after a step
    unexplained: list[str] = []  # not proved in the steady state after a step


def scenarios(folder: Path) -> Iterator[Path]:
    """Find the recorded scenarios: folders with a truth.json."""
    return (truth.parent for truth in sorted(folder.glob("*/*/truth.json")))


def tally(scenario: Path, catalog: Catalog) -> Tally:
    """Count one scenario on one engine."""
    counted = Tally()
    truth = json.loads((scenario / "truth.json").read_text())
    snapshots = [parse_snapshot(load(scenario / step["step"])) for step in truth]
    for step, before, after in zip(truth[1:], snapshots, snapshots[1:], strict=False):
        for one in attribute_diff(before, after, catalog).changes:
            if one.change.item.object in (ObjectKind.RULE, ObjectKind.MAP):
                _count(counted, one, step.get("subject") or {}, step["do"])
    for step, snapshot in zip(truth, snapshots, strict=True):
        _count_steady(counted, snapshot, catalog, step["do"])
    return counted


def _count(counted: Tally, one: AttributedChange, subject: Subject, do: str) -> None:
    said = f"{do}: {one.change.item.where} {one.change.item.text} [{' and '.join(map(str, one.attribution.causes))}]"
    counted.changed += 1
    if subject.get("kind") == "operator":
        removed = isinstance(one.change, Removed)  # what is flushed by hand is still Docker's
        mine = removed or one.attribution.maker != "docker" or one.attribution.confidence is Confidence.AMBIGUOUS
        counted.exact += mine
        counted.wrong += [] if mine else [said]
    elif one.attribution.confidence is Confidence.UNATTRIBUTED:
        counted.unattributed.append(said)
    elif _is_about(one, subject):
        counted.exact += one.attribution.confidence is Confidence.PROVED
    else:
        counted.wrong.append(said)


def _is_about(one: AttributedChange, subject: Subject) -> bool:
    """Tell whether the causes are what the step was about; a network's first of its kind also moves the daemon."""
    causes = one.attribution.causes
    match subject.get("kind"):
        case "container":
            return any(_is_of(cause, subject["name"]) for cause in causes)  # a link has two ends
        case "network":
            names = {cause.network.name for cause in causes if cause.network}
            return names <= {subject["name"]}
        case _:
            return True


def _is_of(cause: Cause, container: str) -> bool:
    """Tell whether a cause is a container's own; an overlay network's rules come with its first container."""
    return cause.container.name == container if cause.container else cause.kind is CauseKind.NETWORK


def _count_steady(counted: Tally, snapshot: Snapshot, catalog: Catalog, do: str) -> None:
    shown = attribute_snapshot(snapshot, catalog)
    counted.missing += [f"after {do}: {one.item.where} {one.item.text}" for one in shown.missing]
    counted.defects += [f"after {do}: {one.attribution.standing} {one.item.text}" for one in shown.defects]
    counted.unexplained += [
        f"after {do}: {one.attribution.confidence} {one.item.where} {one.item.text}"
        for one in shown.items
        if one.item.object is ObjectKind.RULE and one.attribution.confidence is not Confidence.PROVED
    ]


def main() -> int:
    """Print what each scenario of a folder gives; return 1 where a rule is attributed wrongly or not at all."""
    from netaudit.catalog import load_catalog  # noqa: PLC0415 (late: others bring a catalog of their own)

    catalog, failed = load_catalog(), False
    for scenario in scenarios(Path(sys.argv[1])):
        counted = tally(scenario, catalog)
        failed |= counted.exact != counted.changed
        print(f"{scenario.parent.name}/{scenario.name}: {counted.exact} of {counted.changed}")
        for name in ("wrong", "unattributed", "missing", "defects", "unexplained"):
            print("".join(f"  {name} {said}\n" for said in getattr(counted, name)), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
