"""Each command of netaudit as a process of its own, in a folder of its own, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import netaudit

REPOSITORY = Path(netaudit.__path__[0]).parent
TESTS = Path(__file__).parent.parent
ONE_PORT = TESTS / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
BEFORE, AFTER = str(ONE_PORT / "00"), str(ONE_PORT / "01")
HERE = ("--docker-host", "unix:///nowhere")
KEPT = b"### netaudit: an earlier report, which stays until a new one is whole\n"
HISTORY, METRICS = "history.sqlite", "metrics.prom"
COMMANDS: Mapping[str, Sequence[str]] = {
    "record": ("record", *HERE, "-o", "recording"),
    "record-tar": ("record", *HERE, "-o", "recording.tar.gz"),
    "run": ("run", *HERE, "--wait", "0", "--keep", "kept", "--", "sleep", "0.1"),
    "redact": ("redact", AFTER, "-o", "hidden.tar", "--redact-key", "key"),
    "report": ("report", AFTER, "-o", "report.html"),
    "report-diff": ("report", BEFORE, AFTER, "--format", "markdown", "-o", "report.html"),
    "show": ("show", AFTER),
    "diff": ("diff", BEFORE, AFTER),
    "exposure": ("exposure", AFTER),
    "trace": ("trace", AFTER, "--from", "internet", "--to", "container:web:80/tcp"),
    "audit": ("audit", AFTER, "--format", "json"),
    "explain": ("explain", "web", AFTER),
    "verify": ("verify", AFTER),
    "doctor": ("doctor", *HERE),
    "watch": ("watch", *HERE, "--every", "1s", "--no-journal", "--store", HISTORY, "--metrics", METRICS),
}


def start(name: str, folder: Path) -> subprocess.Popen[str]:
    """Start a command in a session of its own, in a folder that holds an earlier report."""
    (folder / "report.html").write_bytes(KEPT)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.Popen(
        [sys.executable, "-m", "netaudit", *COMMANDS[name]],
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def seconds_of(name: str, folder: Path) -> float:
    """Measure how long a command takes when nobody disturbs it."""
    began = time.monotonic()
    finish(name, start(name, folder), folder)
    return time.monotonic() - began


def finish(name: str, process: subprocess.Popen[str], folder: Path) -> str:
    """Wait until a command has ended, and return what it complained of; `watch` is told to end after its first look."""
    if name == "watch":
        metrics = folder / METRICS
        metrics.unlink(missing_ok=True)
        while not metrics.exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
    return process.communicate()[1]


def left_behind(session: int, *, patience: float = 5.0) -> list[str]:
    """Name the processes of a session that do not end within some seconds."""
    end = time.monotonic() + patience
    while (names := _of_session(session)) and time.monotonic() < end:
        time.sleep(0.02)
    return names


def _of_session(session: int) -> list[str]:
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text(errors="replace").rpartition(")")
        except OSError:  # it has ended
            continue
        state, _parent, _group, its = rest.split()[:4]
        if int(its) == session and state != "Z":
            names.append(name.partition("(")[2])
    return names
