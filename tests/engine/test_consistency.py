"""Containers start and stop while the host is recorded: nothing that is there is called stale, nothing missing."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import LabHost
from lab.image import IDLE

pytestmark = pytest.mark.engine
FEWEST, MOST = 15, 60  # cycles: on a machine that is busy otherwise, few recordings find a quiet moment
PAUSE = {NFT: 0.3, LEGACY: 1.0}  # seconds; legacy tables are read by a program that takes its time to start
_RECORD = """
import json
from netaudit import record, show
while True:
    facts = record()
    shown = show(facts)
    wrong = [[one.item.text, one.attribution.standing] for one in (*shown.missing, *shown.defects)]
    moved = [gap.detail for gap in facts.gaps if gap.reason == "inconsistent"]
    print(json.dumps({"wrong": wrong, "moved": moved, "rules": shown.coverage.rules}), flush=True)
"""


@pytest.mark.parametrize("backend", [NFT, LEGACY])
def test_recordings_of_a_busy_engine_have_no_false_stale_or_missing_rule(backend: str, tmp_path: Path) -> None:
    made: list[dict[str, Any]] = []
    with LabHost() as host, Engine(host, backend=backend) as engine, _recording(host, tmp_path / "made"):
        for cycle in range(MOST):
            pause = PAUSE[backend] * (1 + cycle // FEWEST)  # longer, the busier the machine has shown to be
            engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
            time.sleep(pause)
            engine.docker("rm", "-f", "web")
            time.sleep(pause)
            made = [json.loads(line) for line in (tmp_path / "made").read_text().splitlines(keepends=True)[:-1]]
            if cycle >= FEWEST and len(_whole(made)) == 2:
                break
    assert [one["wrong"] for one in made if one["wrong"]] == []
    assert len(_whole(made)) == 2  # with the container and without it: never something between


def _whole(made: list[dict[str, Any]]) -> set[int]:
    """Give the numbers of rules in recordings of one instant."""
    return {one["rules"] for one in made if not one["moved"]}


@contextmanager
def _recording(host: LabHost, output: Path) -> Iterator[None]:
    with output.open("wb") as file:
        process = host.popen([sys.executable, "-c", _RECORD], stdout=file)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # nsenter alone would leave its child
        process.wait()
