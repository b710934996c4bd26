"""What people wait for grows with the host alone, and by how much: calls of Python are counted, not seconds.

A figure that is exceeded is a regression: find what is called more often (cProfile), or, where that is meant, raise it.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest
from bench.synthetic import make_facts
from counted import calls_of
from programs import RECORDINGS, environment, run_inside
from sampling import sampled

from netaudit.model.facts import INVENTORY_SOURCES
from netaudit.store import save

MODEL = RECORDINGS / "28.5.2-iptables-nft" / "default-no-port" / "00"
CONTAINERS = 20
SENTENCES = ("internet can reach c{}:80/tcp", "nothing reaches c{} but internet, lan, network:bridge")
POLICY = "policy:\n" + "".join(f"  - {one.format(at)}\n" for at in range(8) for one in SENTENCES)
# Calls for each container more, of which each has three rules and two published ports; a fifth more than was measured.
MOST = {
    "unchanged": 270,
    "diff": 420,
    "show": 520,
    "trace": 60,
    "exposure": 680,
    "audit": 2290,
    "assert": 1200,
    "report": 2600,
}
_IMPORTS = """
import sys
from netaudit.cli import main
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hosts")


def _arguments(folder: Path, command: str, containers: int) -> Iterator[str | Path]:
    if command == "unchanged":
        yield from _unchanged(folder, containers)
        return
    yield command
    host, later = folder / f"{containers}", folder / f"{containers}-later"
    for path, more in ((host, 0), (later, 1)):
        if not path.exists():
            save(make_facts(MODEL, containers + more), path)
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    yield host
    options: dict[str, tuple[str | Path, ...]] = {
        "diff": (later, "--format", "json"),
        "trace": ("--from", "internet", "--to", "192.0.2.10:1030/tcp"),
        "exposure": ("--format", "json"),
        "audit": ("--format", "json"),
        "assert": ("--policy", policy, "--format", "json"),
        "report": ("--exposure", "--format", "html"),
    }
    yield from options.get(command, ())


def _unchanged(folder: Path, containers: int) -> Iterator[str | Path]:
    """Compare a host of which nothing changed, for people; Docker does not answer there, so that no rule is proved."""
    host = folder / f"{containers}-alone"
    if not host.exists():
        facts = make_facts(MODEL, containers)
        files = {name: data for name, data in facts.files.items() if name not in INVENTORY_SOURCES}
        save(msgspec.structs.replace(facts, files=files), host)
    yield from ("diff", host, host, "--no-exposure")


def _calls(arguments: list[str | Path]) -> int:
    """Count the calls of Python that a command makes."""
    return calls_of(lambda: run_inside(*arguments))


@pytest.mark.parametrize("command", sampled(list(MOST), ("trace",)))
def test_a_command_calls_no_more_for_each_container_than_it_did(folder: Path, command: str) -> None:
    run_inside(*_arguments(folder, command, CONTAINERS))  # what is loaded once is loaded
    few, more, most = (_calls(list(_arguments(folder, command, CONTAINERS * times))) for times in (1, 2, 4))
    each = (most - more) / (2 * CONTAINERS)
    assert each <= MOST[command], f"{each:.0f} calls for each container more"
    assert most - more <= 3 * (more - few) + 1000, "it grows faster than the host"


@cache
def _imported(*arguments: str | Path) -> set[str]:
    """Return the modules that a command imports."""
    command = [sys.executable, "-c", _IMPORTS, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return set(done.stderr.split())


def test_an_audit_of_a_recording_imports_what_it_needs(tmp_path: Path) -> None:
    found = _imported("audit", RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01", "-o", tmp_path / "out")
    unused = {"tabulate", "jinja2", "docker", "requests", "ssl", "http", "logging", "importlib.metadata", "email"}
    readers = {"parse.paste", "parse.listing.reader", "parse.nftables.text.reader", "collect.collector"}
    assert not {*unused, *(f"netaudit.{one}" for one in readers)} & found
    assert len(found) < 740


def test_help_imports_little() -> None:
    found = _imported("--help")
    assert not {"yaml", "jinja2", "oxidd", "docker", "iptc", "tabulate", "ssl", "sqlite3"} & found
    assert len(found) < 240
