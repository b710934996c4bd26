"""One real engine for all tests of this folder: each test removes the containers and networks that it made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_words import Netaudit
from lab.engine import Engine
from lab.host import LabHost


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    with LabHost() as host, Engine(host) as engine:
        yield engine


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
