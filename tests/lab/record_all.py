"""Put every engine through every scenario, and keep a recording of each step: `make lab`.

    python -m lab.record_all [--only SCENARIO] [--engine VERSION] [-o FOLDER]

A recording is FOLDER/ENGINE-BACKEND/SCENARIO/STEP; `truth.json` beside the steps says what each of them did, and to
whom the rules belong that it added or removed. What lies below tests/recordings is packed as well.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import packing

from lab.engine import Engine
from lab.host import LabHost
from lab.namespaces import LabError
from lab.scenario import Scenario, take_step
from lab.scenarios import SCENARIOS, runs


def main() -> int:
    """Record what was asked for; gives the number of runs that failed."""
    options = _options()
    packing.unpack(packing.TREE)
    chosen = [
        (scenario.name, version, backend)
        for scenario, version, backend in runs()
        if options.only in ("", scenario.name)
        and options.engine in ("", version)
        and not (options.missing and _truth(options.output, scenario.name, version, backend).exists())
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        failures = sum(map(bool, pool.map(partial(_attempt, options.output), chosen)))
    print(f"{len(chosen) - failures} passed, {failures} failed")
    return failures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one scenario")
    parser.add_argument("--engine", default="", help="one engine version")
    parser.add_argument("--missing", action="store_true", help="only what has no recording yet")
    parser.add_argument("--jobs", type=int, default=3, help="engines at work at once")
    parser.add_argument("-o", "--output", type=Path, default=packing.RECORDINGS)
    return parser.parse_args()


def _attempt(output: Path, chosen: tuple[str, str, str]) -> str:
    """Record one run; gives what went wrong, "" when nothing did."""
    name, version, backend = chosen
    scenario = next(one for one in SCENARIOS if one.name == name)
    folder = output / f"{version}-{backend}" / name
    shutil.rmtree(folder, ignore_errors=True)
    try:
        truth = list(record_steps(scenario, version, backend, folder))
    except (LabError, OSError) as error:
        print(f"FAILED {folder.relative_to(output)}: {error}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        return str(error) or type(error).__name__
    _truth(output, name, version, backend).write_text(json.dumps(truth, indent=1) + "\n")
    if output == packing.RECORDINGS:
        packing.pack(packing.TREE, [f"{version}-{backend}/{name}"])
    print(f"{folder.relative_to(output)}: {len(truth)} recordings", flush=True)
    return ""


def _truth(output: Path, name: str, version: str, backend: str) -> Path:
    return output / f"{version}-{backend}" / name / "truth.json"


def record_steps(scenario: Scenario, version: str, backend: str, folder: Path) -> Iterator[dict[str, object]]:
    """Take the steps of a scenario on a fresh host, and yield what each did once it is recorded."""
    with (
        LabHost(uplink=True) as host,
        Engine(host, version, backend, scenario.options, scenario.environment) as engine,
    ):
        folder.mkdir(parents=True)
        for number, step in enumerate((None, *scenario.steps)):
            error = take_step(engine, step) if step else ""
            take(host, folder / f"{number:02}")
            yield {
                "step": f"{number:02}",
                "do": step.do if step else "base",
                "subject": step.subject if step else None,
                "ok": not error,
                "error": error,
            }


def take(host: LabHost, folder: Path) -> None:
    """Record a host, with netaudit itself."""
    host.python("-m", "netaudit", "record", "-o", str(folder))


if __name__ == "__main__":
    sys.exit(main())
