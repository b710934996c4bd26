"""One real engine for all tests of this folder: each test removes the containers and networks that it made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_words import Netaudit
from lab.engine import BACKENDS, Engine
from lab.host import LabHost
from lab.image import IDLE
from read_only_socket import read_only_socket

_SHARED = ("shared_engine", "guarded", "shop", "busy_engine", "watched", "scene", "remote")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one engine in one worker: every further worker would start that engine once more."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("engine"):
            shared = [name for name in _SHARED if name in item.fixturenames]
            if shared and not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(_group(item, shared)))


def _group(item: pytest.Function, shared: list[str]) -> str:
    if shared == ["shared_engine"]:
        return "shared_engine"
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return "-".join([item.path.stem, *(str(params[name]) for name in shared if name in params)])


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    with LabHost() as host, Engine(host) as engine:
        yield engine


@pytest.fixture(scope="module", params=BACKENDS)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    """Give an engine behind a socket that only reads, and the log of that socket."""
    log = tmp_path_factory.mktemp("socket") / "log"
    with LabHost(uplink=True) as host, Engine(host, backend=request.param) as engine:
        engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        with read_only_socket(host, log):
            yield engine, log


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    yield shared_engine
    containers = shared_engine.docker("ps", "-aq").split()
    if containers:
        shared_engine.docker("rm", "-f", *containers)
    shared_engine.docker("network", "prune", "-f")


@pytest.fixture
def netaudit(engine: Engine, tmp_path: Path) -> Netaudit:
    return Netaudit(engine, tmp_path)
