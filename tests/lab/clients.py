"""Clients of the engine that this machine does not have: Debian's docker and Compose, extracted into .lab/clients.

python -m lab.clients [RELEASE …]      fetch them now (about 10 s and 120 MB each)
"""

import fcntl
import shutil
import sys
from pathlib import Path

from lab.host import REPOSITORY
from lab.roots import extract

FOLDER = REPOSITORY / ".lab" / "clients"
RELEASES = {"26.1.5": "trixie", "28.5.2": "forky"}  # with Compose 2.26 and 2.40
_PLUGIN = "../../../usr/libexec/docker/cli-plugins/docker-compose"  # relative: .lab may be moved, and shared
_PACKAGES = "docker-cli,docker-compose,ca-certificates"


def client_of(version: str) -> tuple[Path, Path]:
    """Return the docker program of a version, and the home of a user who has its Compose plugin installed."""
    root = _ensure(RELEASES[version])
    return root / "usr" / "bin" / "docker", root / "home"


def _ensure(release: str) -> Path:
    """Extract a release's clients, where they are not here yet; several processes may ask at once, one extracts."""
    root = FOLDER / release
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f".{release}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not root.is_dir():
            partial = FOLDER / f".{release}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            extract(release, partial, _PACKAGES, "clients")
            plugins = partial / "home" / ".docker" / "cli-plugins"
            plugins.mkdir(parents=True)
            (plugins / "docker-compose").symlink_to(_PLUGIN)
            partial.rename(root)
    return root


if __name__ == "__main__":
    for each in sys.argv[1:] or RELEASES.values():
        sys.stdout.write(f"{_ensure(each)}\n")
