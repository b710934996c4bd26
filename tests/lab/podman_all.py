"""Put Podman through its scenarios: record each step, attribute it, and hold its exposure against real packets.

    python -m lab.podman_all [--only SCENARIO] [--version VERSION] [--driver DRIVER] [--no-probe]

A recording is tests/recordings/podman-VERSION-DRIVER/SCENARIO/STEP, packed afterwards.
"""

import argparse
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import packing

from lab.cells import Found
from lab.engine import Engine
from lab.host import LabHost
from lab.namespaces import LabError
from lab.podman import DRIVERS, RELEASES, Podman
from lab.podman_scenarios import SCENARIOS, Scenario
from lab.probing import Crowd
from lab.record_all import take
from lab.surroundings import Surroundings

_SETTLES = 1.0  # seconds until netavark has finished what `podman rm` began


def run(
    scenario: Scenario, version: str, driver: str, folder: Path, *, probe: bool
) -> Iterator[tuple[str, Found | None]]:
    """Run a scenario and record each step; yields the step, and what real packets saw."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with LabHost(uplink=True) as host, Podman(host, version, driver) as podman, Surroundings(host) as around:
        if scenario.beside_docker:
            with Engine(host) as engine:
                yield from _steps(scenario, podman, engine, folder, None)
            return
        with Crowd(cast("Any", podman), around) as crowd:  # it asks an engine as `docker` would be asked
            yield from _steps(scenario, podman, None, folder, crowd if probe else None)


def _steps(
    scenario: Scenario, podman: Podman, engine: Engine | None, folder: Path, crowd: Crowd | None
) -> Iterator[tuple[str, Found | None]]:
    for number, step in enumerate(scenario.steps, 1):
        _take_step(step, podman, engine)
        time.sleep(_SETTLES)
        take(podman.host, folder / f"{number:02}")
        yield step, crowd.look() if crowd else None


def _take_step(step: str, podman: Podman, engine: Engine | None) -> None:
    program, *words = shlex.split(step)
    match program:
        case "podman":
            podman.podman(*words)
        case "docker" if engine:
            engine.docker(*words)
        case "inside":
            podman.host.run(podman.command(*words))
        case _:
            podman.host.run([program, *words])


def main() -> int:
    """Run what was asked for; return the number of runs that failed or disagreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--version", default="", choices=["", *RELEASES])
    parser.add_argument("--driver", default="", choices=["", *DRIVERS])
    parser.add_argument("--no-probe", action="store_true")
    options = parser.parse_args()
    packing.unpack(packing.TREE)
    failed = 0
    for version in [options.version] if options.version else RELEASES:
        for driver in [options.driver] if options.driver else DRIVERS:
            for scenario in SCENARIOS:
                if options.only in ("", scenario.name):
                    failed += _attempt(scenario, version, driver, probe=not options.no_probe)
    return failed


def _attempt(scenario: Scenario, version: str, driver: str, *, probe: bool) -> int:
    name = f"podman-{version}-{driver}/{scenario.name}"
    wrong = cells = may = 0
    try:
        for step, found in run(scenario, version, driver, packing.RECORDINGS / name, probe=probe):
            for one in found.disagreements if found else ():
                print(f"  WRONG {name} after {step}: {one}")
            wrong += len(found.disagreements) if found else 0
            cells += len(found.predicted) if found else 0
            may += found.count("may") if found else 0
            if found and found.doubts:
                print(f"  may: {dict(found.doubts)}")
    except (LabError, OSError, AssertionError) as error:
        print(f"FAILED {name}: {error}", flush=True)
        return 1
    print(f"{name}: {cells} cells, {may} may, {wrong} wrong", flush=True)
    packing.pack(packing.TREE, [name])
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
