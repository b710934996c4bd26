"""netaudit's image: built by a real engine from packaging/Containerfile, and run as docs/install.md says."""

import re
import shutil
from collections.abc import Iterator

import pytest
from lab.engine import Engine
from lab.host import REPOSITORY, LabHost
from lab.image import IDLE
from lab.image_base import gather_wheels, image_base

CONTAINERFILE = REPOSITORY / "packaging" / "Containerfile"
ARGUMENTS = "--network none --build-arg BASE=base:local --build-arg PIP=--no-index"  # nothing is downloaded
BUILD = f"docker build {ARGUMENTS} -f Containerfile -t netaudit dist"
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("image")]


def _flags() -> str:
    """Return the options of `docker run` that the Containerfile gives."""
    lines = re.findall(r"^# +(docker run.*|--cap-add.*|-v .*)$", CONTAINERFILE.read_text(), re.MULTILINE)
    words = " ".join(line.rstrip("\\").strip() for line in lines)
    return words.removeprefix("docker run ").removesuffix(" netaudit audit")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Give an engine that has the image, and a container that publishes a port."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "dist").mkdir()
    gather_wheels(folder / "dist")
    shutil.copy(CONTAINERFILE, folder)
    with LabHost(uplink=True) as host, Engine(host) as running:
        host.run(["docker", "import", "-", "base:local"], stdin=image_base())
        host.run(["sh", "-c", f"cd {folder} && {BUILD}"], timeout=400)
        running.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        yield running


def _netaudit(engine: Engine, *words: str) -> str:
    flags = _flags().replace("-v /var/run/docker.sock", "-v /run/docker.sock").split()  # the lab's host has no /var/run
    return engine.host.run(["docker", "run", *flags, "netaudit", *words], check=False).stdout


def test_the_image_sees_the_host_that_it_runs_on(engine: Engine) -> None:
    told = _netaudit(engine, "doctor")
    assert re.findall(r"^! .*", told, re.MULTILINE) == [], told
    assert "dockerd's arguments" in told


def test_the_image_names_the_container_that_caused_a_rule(engine: Engine) -> None:
    shown = _netaudit(engine, "show", "--container", "web")
    assert "--dport 8080 -j DNAT" in shown
    assert "web 0.0.0.0:8080" in shown
