"""`make demo` shows the main job: on a real engine, and from a recording where none can be started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.host import REPOSITORY

pytestmark = pytest.mark.engine
_DEMO = "import sys, pathlib, lab.demo; lab.demo._REPORT = pathlib.Path(sys.argv[1]); sys.exit(lab.demo.main())"
_WITHOUT_NAMESPACES = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin")
_REFUSED = "netaudit: refused: 2 findings at or above --fail-on high: e7cc661c, 9bdf834d\n"
_STARTS = {
    "a real engine": ((), "# Docker ", f"{_REFUSED}netaudit: as planned: 3 changes\n"),
    "a recording": (_WITHOUT_NAMESPACES, "# no engine could be started (", ""),
}


@pytest.mark.parametrize("start", _STARTS)
def test_the_demo_shows_the_main_job(start: str, tmp_path: Path) -> None:
    before, beginning, kept = _STARTS[start]
    report = tmp_path / "report.html"
    paths = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}
    command = [*before, sys.executable, "-c", _DEMO, str(report)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **paths}, check=False)
    assert (done.returncode, done.stderr) == (0, kept)
    assert done.stdout.startswith(beginning)
    assert ("# exit code 1: a gate stops it here" in done.stdout) == bool(kept)
    assert "blocked → ALLOWED, because `web` was started with -p 8080:80" in " ".join(done.stdout.split())
    assert "\n3 added, 0 removed, 0 altered, 0 moved\n" in done.stdout
    assert done.stdout.endswith(f"# the report for people is {report}\n")
    assert "Now reachable from the Internet" in report.read_text()
