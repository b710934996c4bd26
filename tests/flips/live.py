"""The same with an engine and real packets: `python -m flips.live FLIPS [SEED]`.

Random hosts are made (`random_hosts`), one rule of each at a time is changed in the kernel, the host is recorded, and
everybody around it tries everything: the entries that are broken are those that packets break. `--out FILE`: a line of
JSON for each host, with which an interrupted run goes on.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.cells import Cell
from lab.cells import Found as Tried
from lab.host import LabHost
from lab.inspected import UNPUBLISHED
from lab.namespaces import LabError
from lab.probing import Crowd
from random_hosts.host import random_host
from random_hosts.made import made

import netaudit
from flips.entries import cases
from flips.flip import flipped_text
from flips.judged import held
from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.facts import Facts
from netaudit.model.netfilter.family import Family
from netaudit.parse import parse_snapshot
from netaudit.policy.verdict import Verdict

_EACH = 5  # flips of a host


@dataclass
class Tally:
    """What the flips of one host brought; `failure` is why it could not be tried."""

    seed: int
    engine: str = ""
    flips: list[str] = field(default_factory=list)
    entries: int = 0
    broken: int = 0
    undecided: int = 0
    changed: int = 0  # flips that changed a verdict
    wrong: list[str] = field(default_factory=list)
    failure: str = ""


def probe(seed: int, number: int = _EACH) -> Tally:
    """Make a host, change a rule at a time, and let everybody around it try everything."""
    host = random_host(seed)
    tally = Tally(seed, f"{host.version}-{host.backend}")
    try:
        with made(host) as (machine, crowd):
            _change(machine, crowd, tally, number)
    except (LabError, OSError, AssertionError) as error:
        tally.failure = str(error) or type(error).__name__
    return tally


def _change(machine: LabHost, crowd: Crowd, tally: Tally, number: int) -> None:
    before = _look(machine, crowd, tally, "as it is")
    backend = tally.engine.partition("-")[2]  # iptables-nft, iptables-legacy
    programs = (backend, backend.replace("iptables", "ip6tables"))
    saved = {name: machine.run([f"{name}-save"]).stdout for name in programs}
    flips = [(name, *flip) for name, text in saved.items() for flip in flipped_text(text)]
    chance = random.Random(tally.seed)  # noqa: S311 (a test's choice)
    for name, what, text in chance.sample(flips, min(number, len(flips))):
        machine.run([f"{name}-restore"], stdin=text.encode())
        now = _look(machine, crowd, tally, what)
        tally.flips.append(what)
        tally.changed += now != before
        machine.run([f"{name}-restore"], stdin=saved[name].encode())


def _look(machine: LabHost, crowd: Crowd, tally: Tally, what: str) -> dict[str, Verdict]:
    """Hold the policy against the host as it is now, and against what packets saw."""
    facts = _record(machine)
    inventory = parse_snapshot(facts).inventory
    assert inventory
    found = tuple(cases(inventory, UNPUBLISHED))
    said, rows = held(facts, found), list(observed(crowd.look(), inventory))
    tried = {str(one.zone) for one in rows}
    for one in found:
        tally.entries += 1
        tally.broken += said[one.text] is Verdict.BROKEN
        tally.undecided += said[one.text] is Verdict.UNDECIDED
        if said[one.text] in (Verdict.UNDECIDED, Verdict.VACUOUS) or not one.senders <= tried:
            continue
        if (seen := one.verdict(rows)) is not said[one.text]:
            tally.wrong.append(f"{what}: {one.text}: {said[one.text]}, and by packets {seen}")
    return said


def _record(machine: LabHost) -> Facts:
    machine.run(["rm", "-rf", "/run/lab/kept"])
    machine.python("-m", "netaudit", "record", "-o", "/run/lab/kept")
    return netaudit.load(machine.namespaces.path("/run/lab/kept"))


def observed(tried: Tried, inventory: Inventory) -> Iterator[Exposure]:
    """Yield what packets saw, as rows of a table."""
    known = {one.id: one for one in inventory.containers}
    for cell in tried.predicted:
        outcome = Outcome.ALLOWED if tried.observed(cell) == "allowed" else Outcome.BLOCKED
        yield Exposure(Zone(ZoneKind(cell.zone[0]), cell.zone[1]), _destination(cell, known), outcome, Delivery.NONE)


def _destination(cell: Cell, known: dict[str, Container]) -> Destination:
    container = known.get(cell.whose)
    binding = next(
        (one for one in container.bindings if (one.protocol, one.host_port) == (cell.protocol, cell.port)), None
    ) if container and cell.kind == "published-port" else None  # fmt: skip
    return Destination(
        DestinationKind(cell.kind),
        Family(cell.family),
        cell.protocol,
        cell.address,
        ((cell.port, cell.port),),
        container_id=container.id if container else "",
        container_name=container.name if container else "",
        binding=binding,
    )


def main() -> int:
    """Try flips, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flips", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--out", type=Path, default=Path("flips-live.jsonl"))
    options = parser.parse_args()
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {one["seed"]: Tally(**one) for one in map(json.loads, lines)}
    with options.out.open("a") as file:
        for seed in range(options.seed, options.seed + -(-options.flips // _EACH)):
            if seed not in done:
                done[seed] = probe(seed)
                print(json.dumps(asdict(done[seed])), file=file, flush=True)
    return _sum([one for seed, one in sorted(done.items()) if seed >= options.seed])


def _sum(tallies: list[Tally]) -> int:
    for one in tallies:
        print(f"host {one.seed} {one.engine}: {len(one.flips)} flips, {one.entries} entries, {one.broken} broken")
        print("".join(f"  WRONG {wrong}\n" for wrong in one.wrong), end="")
        print(f"  FAILED {one.failure}\n" if one.failure else "", end="")
    flips, wrong = sum(len(one.flips) for one in tallies), sum(len(one.wrong) for one in tallies)
    failed, changed = sum(bool(one.failure) for one in tallies), sum(one.changed for one in tallies)
    entries, undecided = sum(one.entries for one in tallies), sum(one.undecided for one in tallies)
    said = f"{len(tallies)} hosts, {flips} flips, {entries} entries ({undecided} undecided)"
    print(f"{said}, {changed} flips changed a verdict: {wrong} wrong, {failed} hosts failed")
    return int(bool(wrong or failed))


if __name__ == "__main__":
    sys.exit(main())
