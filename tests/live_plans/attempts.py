"""Hold plans against real engines: `make plans N=300 SEED=0`.

    python -m live_plans.attempts N [SEED] [--show]

Each host is an engine with options of its own, on which commands follow one another; a host's seed says all of it.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from lab.engine import BACKENDS, VERSIONS, Engine
from lab.host import LabHost
from lab.namespaces import LabError
from random_hosts.chance import Chance

from live_plans.commands import random_command
from live_plans.composer import Composer
from live_plans.there import what_is_there
from live_plans.trial import Host, Trial

COMMANDS = 10  # of a host
_SHOWN = 8  # differences of a command
_CELLS = tuple((version, backend) for backend in BACKENDS for version in VERSIONS)
_OPTIONS = (
    ("--userland-proxy=false",),
    ("--icc=false",),
    ("--ip=127.0.0.1",),
    ("--ipv6", "--fixed-cidr-v6=2001:db8:1::/64", "--ip6tables", "--experimental"),
    ("--default-address-pool=base=10.200.0.0/16,size=24",),
    ("--live-restore",),
)


@dataclass(frozen=True)
class Plan:
    """A host to be made: its engine, and the daemon's options."""

    seed: int
    version: str
    backend: str
    options: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((f"host {self.seed}: {self.version}-{self.backend}", *self.options))


def random_engine(seed: int) -> Plan:
    """Return the engine of a seed; neighbouring seeds go through all engines and backends."""
    chance = Chance(seed)
    version, backend = _CELLS[seed % len(_CELLS)]
    chosen = chance.some(1, [*_OPTIONS]) if chance.happens(0.6) else []
    return Plan(seed, version, backend, tuple(word for one in chosen for word in one))


def attempt(plan: Plan, most: int = COMMANDS) -> Iterator[Trial]:
    """Try commands on a host."""
    chance = Chance(plan.seed)
    with (
        LabHost(uplink=True) as machine,
        Engine(machine, plan.version, plan.backend, plan.options) as engine,
        tempfile.TemporaryDirectory() as folder,
    ):
        host, composer = Host(engine, Path(folder)), Composer(Path(folder))
        for _ in range(most):
            composed = chance.happens(0.35)
            there = what_is_there(host.facts, plan.options)
            command = composer.command(chance, there) if composed else random_command(chance, there)
            yield host.attempt(command, printed=command[-2:] == ["up", "-d"] and chance.happens(0.4))


def main() -> int:
    """Try commands, and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    options = parser.parse_args()
    trials: list[Trial] = []
    failed = 0
    for seed in count(options.seed):
        plan, left = random_engine(seed), options.commands - len(trials)
        if left <= 0:
            break
        print(plan, flush=True)
        try:
            for trial in attempt(plan, min(left, COMMANDS)):
                trials.append(trial)
                _show(trial)
        except LabError as error:
            failed += 1
            print(f"  FAILED {error}", flush=True)
            if failed > 5:
                break
    return _sum(trials, failed)


def _show(trial: Trial) -> None:
    said = f"refused ({trial.complaint[-200:]})" if trial.fails else f"{trial.rules} changes"
    taken = f"  [{', '.join(trial.taken)}]" if trial.differences else ""
    taken += "  (as Compose printed it)" if trial.printed else ""
    print(f"  {'DIFFERS' if trial.differences else said}: {' '.join(trial.command)}{taken}")
    for one in trial.differences[:_SHOWN]:
        print(f"    {one}")
    sys.stdout.flush()


def _sum(trials: list[Trial], failed: int) -> int:
    different = sum(bool(one.differences) for one in trials)
    refused, rules = sum(one.fails for one in trials), sum(one.rules for one in trials)
    printed = sum(one.printed for one in trials)
    print(f"{len(trials)} commands ({refused} refused, {printed} from Compose's JSON), {rules} changes:", end=" ")
    print(f"{different} differ, {failed} hosts failed")
    return int(bool(different or failed))


if __name__ == "__main__":
    sys.exit(main())
