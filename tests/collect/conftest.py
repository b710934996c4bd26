"""Hosts and engines for one test, removed after it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collect_hosts import Engine, Host


@pytest.fixture
def make_host() -> Iterator[Callable[[], Host]]:
    hosts: list[Host] = []

    def make() -> Host:
        host = Host(f"nac-{os.getpid()}-{len(hosts)}")
        hosts.append(host)
        return host

    try:
        yield make
    finally:
        for host in hosts:
            host.remove()


@pytest.fixture
def host(make_host: Callable[[], Host]) -> Host:
    return make_host()


@pytest.fixture
def engine() -> Iterator[Engine]:
    # Not tmp_path: the path of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="nac-") as folder:
        fake = Engine(Path(folder))
        try:
            yield fake
        finally:
            if hasattr(fake, "process"):
                fake.stop()
