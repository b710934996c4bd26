"""Containers start and stop while the host is recorded: nothing that is there is called stale, nothing missing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import LabHost
from lab.image import IDLE

pytestmark = pytest.mark.engine
CYCLES = 15  # for each backend
_RECORD = """
import json
from netaudit import record_host, show_recording
while True:
    facts = record_host()
    shown = show_recording(facts)
    wrong = [[one.item.text, one.attribution.standing] for one in (*shown.missing, *shown.defects)]
    moved = [gap.detail for gap in facts.gaps if gap.reason == "inconsistent"]
    print(json.dumps({"wrong": wrong, "moved": moved, "rules": shown.coverage.rules}), flush=True)
"""


@pytest.mark.parametrize("backend", [NFT, LEGACY])
def test_recordings_of_a_busy_engine_have_no_false_stale_or_missing_rule(backend: str) -> None:
    with LabHost() as host, Engine(host, backend=backend) as engine, _recording(host) as recorder:
        for _ in range(CYCLES):
            engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
            time.sleep(0.3)
            engine.docker("rm", "-f", "web")
            time.sleep(0.3)
        os.killpg(recorder.pid, signal.SIGKILL)
        made: list[dict[str, Any]] = [json.loads(line) for line in recorder.communicate()[0].splitlines()]
    assert [one["wrong"] for one in made if one["wrong"]] == []
    whole = [one["rules"] for one in made if not one["moved"]]
    assert len(whole) > CYCLES / 4
    assert len(set(whole)) == 2  # with the container and without it: never something between


@contextmanager
def _recording(host: LabHost) -> Iterator[subprocess.Popen[bytes]]:
    process = host.popen([sys.executable, "-c", _RECORD], stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # nsenter alone would leave its child
        process.wait()
