"""Random changes of a host while `netaudit watch` is at work: each has to be in the log, once, with its own cause.

python -m lab.watch_changes 500 [SEED]      about 20 minutes
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.engine import Engine
from lab.host import LabHost
from lab.image import IDLE
from lab.watched import Watched
from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.report.text.history.log import describe_change

_MOST_AT_ONCE = 5
_MOST_CONTAINERS = 6


class Step(NamedTuple):
    """A command, and what the log has to say of it: the cause, and a rule or an event that only it brings about."""

    command: tuple[str, ...]
    kind: CauseOf
    name: str
    change: str = ""  # of the rule: added or removed
    text: str = ""  # in the rule
    event: str = ""


class Result(NamedTuple):
    """How many steps were taken, what was wrong with the log, and how many lines do not know who ran the program."""

    steps: int
    faults: tuple[str, ...]
    doubts: int


class Script:
    """Makes steps; none undoes what another one of the same burst did."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        self._number = 0
        self._there: dict[str, list[int]] = {"rule": [], "table": [], "container": [], "network": []}

    def burst(self) -> list[Step]:
        """Return some steps."""
        before = {name: list(there) for name, there in self._there.items()}
        return [self._step(before) for _ in range(self._chance.randint(1, _MOST_AT_ONCE))]

    def _step(self, removable: dict[str, list[int]]) -> Step:
        what = self._chance.choice(["rule", "rule", "restore", "table", "container", "network"])
        kind = "rule" if what == "restore" else what
        full = what == "container" and len(self._there["container"]) >= _MOST_CONTAINERS
        if removable[kind] and (full or self._chance.random() < 0.5):
            number = removable[kind].pop(self._chance.randrange(len(removable[kind])))
            self._there[kind].remove(number)
            return _removing(kind, number)
        if full:
            what = kind = "rule"
        self._number += 1
        self._there[kind].append(self._number)
        return _adding(what, self._number)


def _adding(what: str, number: int) -> Step:
    rule = f"-s 198.18.{number >> 8}.{number & 255}/32 -j DROP"
    port = 20_000 + number
    match what:
        case "rule":
            return Step(("iptables", "-A", "INPUT", *rule.split()), CauseOf.OPERATOR, "root", "added", rule)
        case "restore":
            feed = f"printf '*filter\\n-A INPUT {rule}\\nCOMMIT\\n' | iptables-restore --noflush"
            return Step(("sh", "-c", feed), CauseOf.OPERATOR, "root", "added", rule)
        case "table":
            table = (
                f"add table inet t{number}; add chain inet t{number} c; add rule inet t{number} c tcp dport {port} drop"
            )
            return Step(("nft", table), CauseOf.OPERATOR, "root", "added", f"--dport {port}|dport {port} drop")
        case "container":
            run = ("docker", "run", "-d", "--name", f"c{number}", "-p", f"{port}:80", *IDLE)
            return Step(run, CauseOf.CONTAINER, f"c{number}", "added", f"--dport {port} -j DNAT", "start")
        case _:
            return Step(("docker", "network", "create", f"n{number}"), CauseOf.NETWORK, f"n{number}", event="create")


def _removing(kind: str, number: int) -> Step:
    rule = f"-s 198.18.{number >> 8}.{number & 255}/32 -j DROP"
    port = 20_000 + number
    match kind:
        case "rule":
            return Step(("iptables", "-D", "INPUT", *rule.split()), CauseOf.OPERATOR, "root", "removed", rule)
        case "table":
            text = f"--dport {port}|dport {port} drop"
            return Step(("nft", f"delete table inet t{number}"), CauseOf.OPERATOR, "root", "removed", text)
        case "container":
            remove = ("docker", "rm", "-f", f"c{number}")
            return Step(remove, CauseOf.CONTAINER, f"c{number}", "removed", f"--dport {port} -j DNAT", "destroy")
        case _:
            return Step(("docker", "network", "rm", f"n{number}"), CauseOf.NETWORK, f"n{number}", event="destroy")


def play(log: Watched, count: int, seed: int) -> Result:
    """Take so many steps, and hold the log to them."""
    script, faults, taken, doubts = Script(seed), [], 0, 0
    while taken < count:
        steps = script.burst()
        lines = log.after(*(step.command for step in steps))
        taken += len(steps)
        doubts += sum(_is_in_doubt(line) for line in lines)
        faults += [fault for step in steps for fault in _faults(step, lines)] + list(_strange(steps, lines))
    return Result(taken, tuple(faults), doubts)


def _faults(step: Step, lines: Sequence[LoggedChange]) -> Iterator[str]:
    found = [line for line in lines for rule in line.rules if rule.change == step.change and _holds(step, rule.text)]
    if step.text and len(found) != 1:
        yield f"{' '.join(step.command)}: {len(found)} times in the log"
    events = sum(dict(line.cause.events).get(step.event, 0) for line in lines if line.cause.name == step.name)
    if step.event and events != 1:
        yield f"{' '.join(step.command)}: its event {events} times in the log"
    for line in found:
        if (line.cause.kind, line.cause.name) != (step.kind, step.name) and not (
            step.kind is CauseOf.OPERATOR and _is_in_doubt(line)
        ):
            yield f"{' '.join(step.command)}: {describe_change(line)}"


def _holds(step: Step, text: str) -> bool:
    return any(part in text for part in step.text.split("|"))


def _is_in_doubt(line: LoggedChange) -> bool:
    """Tell whether a line says an operator, and no name: the process had ended before it could be asked."""
    return line.cause.kind is CauseOf.OPERATOR and not line.cause.name


def _strange(steps: Sequence[Step], lines: Sequence[LoggedChange]) -> Iterator[str]:
    """Find lines whose cause nobody had; the engine's own are about rules that it wrote again."""
    causes = Counter((step.kind, step.name) for step in steps)
    for line in lines:
        known = (line.cause.kind, line.cause.name) in causes
        again = line.cause.kind is CauseOf.ENGINE and not line.count("added", "removed")
        if not (known or again or _is_in_doubt(line)):
            yield f"by none of {[' '.join(step.command) for step in steps]}: {describe_change(line)}"


def main(count: int, seed: int) -> int:
    """Play, and say what came of it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        LabHost(uplink=True) as host,
        Engine(host),
        Watched(host, Path(folder) / "history.sqlite") as log,
    ):
        result = play(log, count, seed)
    for fault in result.faults:
        print(fault)
    print(f"{result.steps} changes, {len(result.faults)} faults of the log, {result.doubts} in doubt, seed {seed}")
    return bool(result.faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])))
