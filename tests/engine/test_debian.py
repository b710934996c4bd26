"""netaudit on Debian 12, 13 and testing, with each release's own Python: the wheel, and the Debian package."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.host import REPOSITORY
from lab.image_base import gather_wheels
from lab.namespaces import Namespaces
from lab.roots import ensure_installed
from sampling import SWEEP, WHOLE

from netaudit.release import RELEASE

PYTHONS = {"bookworm": "3.11", "trixie": "3.13", "forky": "3.14"}
RELEASES = tuple(PYTHONS) if SWEEP >= WHOLE else ("trixie",)  # a release takes minutes: CI has one, a whole sweep all
RECORDING = "/repository/tests/recordings/20.10.24-iptables-nft/default-one-port"
pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("debian")]

# The root is shared, so what is installed goes to memory. No network is there: all that is needed lies in /wheels.
_MOUNT = """
mount -t tmpfs -o mode=755 debian {folder}
mkdir {folder}/upper {folder}/work {folder}/root
mount -t overlay -o lowerdir={lower},upperdir={folder}/upper,workdir={folder}/work debian {folder}/root
mkdir -p {folder}/root/repository {folder}/root/wheels
mount --bind {repository} {folder}/root/repository
mount --bind {wheels} {folder}/root/wheels
mount --rbind /dev {folder}/root/dev
mount -t proc proc {folder}/root/proc
"""
_CLEAN = (
    "env",
    "-i",
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
)


class Debian:
    """A Debian release in a folder of its own."""

    def __init__(self, namespaces: Namespaces, root: Path, release: str) -> None:
        self._namespaces, self._root, self.python = namespaces, root, PYTHONS[release]

    def sh(self, script: str) -> str:
        """Run a shell script as root, and give what it printed."""
        argv = ["chroot", str(self._root), *_CLEAN, "sh", "-ec", script]
        done = subprocess.run(
            self._namespaces.enter(argv, folder=Path("/")), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout


@pytest.fixture(scope="module", params=RELEASES)
def debian(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """Give a release that has netaudit's wheel, and wheels of what it needs."""
    release = request.param
    lower = ensure_installed(f"python-{release}", release, "python3,python3-venv", "its Python")
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("debian")
    gather_wheels(wheels, PYTHONS[release])
    words = {"lower": lower.resolve(), "folder": folder, "wheels": wheels, "repository": REPOSITORY}
    with Namespaces(_MOUNT.format(**words)) as namespaces:
        yield Debian(namespaces, folder / "root", release)


def _answers(debian: Debian, program: str) -> None:
    assert debian.sh(f"{program} version") == f"netaudit {RELEASE}\n"
    document = json.loads(debian.sh(f"cd / && {program} diff {RECORDING}/00 {RECORDING}/01 --format json"))
    assert len(document["changes"]) > 2
    assert "critical" in debian.sh(f"{program} audit /repository/tests/recordings/tour/shop/10 --fail-on none")


def test_the_wheel_answers_with_the_release_own_python(debian: Debian) -> None:
    debian.sh("python3 -m venv /opt/netaudit")
    debian.sh("/opt/netaudit/bin/pip install -q --no-index --find-links /wheels netaudit")
    assert f"Python {debian.python}." in debian.sh("/opt/netaudit/bin/python --version")
    _answers(debian, "/opt/netaudit/bin/netaudit")


def test_the_package_is_built_installed_and_removed(debian: Debian) -> None:
    debian.sh("python3 -m venv /opt/build")
    build = "/opt/build/bin/python /repository/packaging/deb.py /wheels/netaudit-*.whl --wheels /wheels -o /deb"
    package = debian.sh(build).strip()
    assert package.startswith(f"/deb/netaudit_{RELEASE}-1~python{debian.python}_")
    debian.sh(f"dpkg -i {package}")
    _answers(debian, "netaudit")
    assert debian.sh("dpkg --verify netaudit") == ""
    assert ".TH NETAUDIT 1" in debian.sh("zcat /usr/share/man/man1/netaudit.1.gz").upper()
    typed = "COMP_LINE='netaudit aud'; COMP_POINT=12; _netaudit_completion netaudit; echo $COMPREPLY"
    completed = debian.sh(
        f'bash -c ". /usr/share/bash-completion/completions/netaudit; {typed.replace("$", chr(92) + "$")}"'
    )
    assert completed == "audit\n"
    plugin = "/usr/libexec/docker/cli-plugins/docker-netaudit docker-cli-plugin-metadata"
    assert json.loads(debian.sh(plugin))["Version"] == RELEASE
    debian.sh("dpkg -r netaudit")
    assert debian.sh("ls -d /usr/lib/netaudit /usr/bin/netaudit 2>/dev/null || echo none") == "none\n"
