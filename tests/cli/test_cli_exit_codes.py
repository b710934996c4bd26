"""Exit code 1 means findings or differences, and nothing else: no bad input, of any command, ends with it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import ONE_PORT, run_inside
from sampling import every

GOOD = str(ONE_PORT / "01")
FILE = "FILE"
# Every way in which a command takes a file.
COMMANDS = (
    *(("show", FILE), ("diff", FILE, GOOD), ("diff", GOOD, FILE, "--exit-code"), ("exposure", FILE), ("audit", FILE)),
    *(("explain", "web", FILE), ("explain", "0" * 8, FILE), ("report", FILE), ("report", GOOD, FILE)),
    ("trace", FILE, "--from", "internet", "--to", "192.0.2.1:80"),
    *(("verify", FILE), ("redact", FILE, "-o", "out"), ("redact", GOOD, "-o", FILE), ("record", "-o", FILE)),
    *(("assert", FILE, "--policy", "policy.yaml"), ("assert", GOOD, "--policy", FILE)),
    *(("audit", GOOD, "--no-exposure", f"--{name}", FILE) for name in ("baseline", "waivers", "config", "checks")),
    *(("audit", GOOD, "--no-exposure", f"--{name}", FILE) for name in ("since", "policy", "compose")),
    ("audit", GOOD, "--no-exposure", "--fail-on", "none", "-o", FILE),
    *(("plan", "--on", FILE, "--", "docker", "run", "nginx"), ("plan", "--on", GOOD, "--requests", FILE)),
    *(("plan", "--on", GOOD, "--compose-json", FILE), ("plan", "--on", GOOD, "-f", FILE)),
    *(("plan", "--host-profile", FILE, "--", "docker", "run", "nginx"), ("run", "--planned", FILE, "--", "true")),
    *(("log", "--store", FILE), ("blame", "nat/DOCKER#1", "--store", FILE), ("history", "--store", FILE)),
    ("bisect", "--reaches", "internet", "web:80", "--store", FILE),
    *(("serve", "--store", FILE), ("report", "--history", "--store", FILE, "-o", "out.html")),
    *(("fleet", "audit", FILE, "-o", "results"), ("fleet", "query", "SELECT 1", "--in", FILE)),
    *(("fleet", "report", FILE, "-o", "site"), ("fleet", "collect", FILE, "-o", "collected")),
)
BAD: dict[str, Callable[[Path], object]] = {
    "missing": lambda _: None,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\x00\xff\xfe" * 99),
    "text": lambda path: path.write_text("hello: [world\n"),
    "json": lambda path: path.write_text('{"schema": "other"}'),
    "cut tar": lambda path: path.write_bytes(b"\x1f\x8b\x08\x00" + b"\x00" * 40),
    "folder": lambda path: (path.mkdir(), (path / "x").write_text("x")),
    "loop": lambda path: path.symlink_to(path),
    "device": lambda path: path.symlink_to("/dev/full"),
}
CASES = [(command, kind) for command in COMMANDS for kind in BAD]


@pytest.mark.parametrize(("command", "kind"), every(17, CASES), ids=lambda one: one if isinstance(one, str) else one[0])
def test_bad_input_never_ends_with_the_code_of_findings(
    command: tuple[str, ...], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("NETAUDIT_", "DOCKER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "policy.yaml").write_text("policy:\n  - internet cannot reach host:22/tcp\n")
    BAD[kind](tmp_path / "named")
    done = run_inside(*(str(tmp_path / "named") if word is FILE else word for word in command))
    assert done.returncode != 1, (done.stdout[-500:], done.stderr[-500:])
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(("nosuch",), ("audit", "--nosuch"), ("audit", GOOD, "--fail-on", "some"), ("audit", GOOD, "--today", "soon")),
        *(("audit", GOOD, "--skip", "nosuch"), ("audit", GOOD, "--sensitive-port", "x"), ("audit", GOOD, "-f", "x")),
        *(("audit", GOOD, "--from", "mars"), ("audit", GOOD, "--port", "0"), ("audit", "--timeout", "nan")),
        *(("show", GOOD, GOOD, GOOD), ("diff", "@nosuch"), ("log", "--since", "soon"), ("explain", "nosuch", GOOD)),
        *(("trace", GOOD, "--from", "x", "--to", "y"), ("plan",), ("plan", "--on", GOOD, "--", "rm"), ("fleet", "x")),
    ],
    ids=" ".join,
)
def test_wrong_usage_never_ends_with_the_code_of_findings(words: tuple[str, ...]) -> None:
    done = run_inside(*words)
    assert done.returncode in (2, 3), done.stdout[-500:]
    assert "Traceback" not in done.stderr
