"""One real engine for all tests of this folder: each test removes the containers and networks that it made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_words import Netaudit
from lab.engine import BACKENDS, Engine
from lab.host import LabHost
from lab.image import IDLE
from read_only_socket import read_only_socket


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
