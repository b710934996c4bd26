"""`make demo`: the main job, before one's eyes.

As root with Docker: a private engine in a network namespace of its own. `docker run -p 8080:80` is planned, and a gate
refuses it; then it runs all the same, under netaudit, which holds it against the plan and shows the attributed diff,
here and in report.html. Then every trace is removed. Otherwise the diff of a shipped recording.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from lab.engine import Engine
from lab.host import REPOSITORY, LabHost
from lab.image import IDLE
from lab.namespaces import LabError

_RECORDING = REPOSITORY / "tests" / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
_REPORT = REPOSITORY / "report.html"
_COMMAND = ["docker", "run", "-d", "--name", "web", "-p", "8080:80", *IDLE]


def main() -> int:
    """Show the main job; gives the exit code."""
    try:
        _live()
    except (LabError, OSError) as error:
        _say(f"no engine could be started ({error}); this is a recording of one")
        _recorded()
    _say(f"the report for people is {_REPORT}")
    return 0


def _live() -> None:
    if os.geteuid() != 0:
        raise LabError("that needs root")
    with LabHost(uplink=True) as host, Engine(host, _version()) as engine, tempfile.TemporaryDirectory() as folder:
        _say(f"Docker {engine.version} runs in a network namespace of its own")
        kept, plan = Path(folder) / "kept", Path(folder) / "plan.json"
        netaudit = [sys.executable, "-m", "netaudit"]
        _say(f"$ netaudit plan -- {' '.join(_COMMAND)}\n")
        refused = host.run([*netaudit, "plan", "--", *_COMMAND], check=False)
        _show(refused)
        _say(f"exit code {refused.returncode}: a gate stops it here, and nothing has happened. It runs all the same:")
        host.run([*netaudit, "plan", "--format", "json", "-o", str(plan), "--", *_COMMAND], check=False)
        _say(f"$ netaudit run --planned plan.json -- {' '.join(_COMMAND)}\n")
        _show(host.run([*netaudit, "run", "--planned", str(plan), "--keep", str(kept), "--", *_COMMAND]))
        host.run([*netaudit, "report", str(kept / "before"), str(kept / "after"), "-o", str(_REPORT)])


def _version() -> str:
    from lab.engine import VERSIONS, machine_version  # noqa: PLC0415 (only here)

    own = machine_version()
    return own if own in VERSIONS else VERSIONS[0]


def _recorded() -> None:
    steps = [str(_RECORDING / step) for step in ("00", "01")]
    netaudit = [sys.executable, "-m", "netaudit"]
    _say(f"$ netaudit diff {' '.join(str(Path(step).relative_to(REPOSITORY)) for step in steps)}\n")
    subprocess.run([*netaudit, "diff", *steps], check=True)
    subprocess.run([*netaudit, "report", *steps, "-o", str(_REPORT)], check=True)


def _show(done: subprocess.CompletedProcess[str]) -> None:
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)


def _say(text: str) -> None:
    print(f"# {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
