"""Compose projects of ten shapes, deployed on a real engine: each does what was planned for it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.engine import NFT, Engine
from lab.host import LabHost
from live_plans.trial import Host
from sampling import every

pytestmark = pytest.mark.engine
PROJECTS = Path(__file__).parents[1] / "live_plans" / "compose"
_PROFILES = {"profiles": ["--profile", "debug"]}
_NAMES = sorted(one.name for one in PROJECTS.iterdir())


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with (
        LabHost(uplink=True) as machine,
        Engine(machine, "28.5.2", NFT) as engine,
        tempfile.TemporaryDirectory() as name,
    ):
        yield Host(engine, Path(name))


def test_there_are_ten_projects() -> None:
    assert len(_NAMES) == 10


@pytest.mark.parametrize("name", _NAMES)
def test_a_project_does_what_was_planned_for_it(host: Host, name: str) -> None:
    _deploy(host, name, printed=False)


@pytest.mark.parametrize("name", every(3, _NAMES))
def test_a_project_does_what_was_planned_of_what_compose_prints_of_it(host: Host, name: str) -> None:
    _deploy(host, name, printed=True)


def _deploy(host: Host, name: str, *, printed: bool) -> None:
    compose = ["docker", "compose", "-f", str(PROJECTS / name / "compose.yaml"), *_PROFILES.get(name, ())]
    up = host.attempt([*compose, "up", "-d"], printed=printed)
    down = host.attempt([*compose, "down"])
    assert (up.complaint, up.differences) == ("", [])
    assert (down.complaint, down.differences) == ("", [])
    assert up.rules
