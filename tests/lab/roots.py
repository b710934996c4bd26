"""Engines that this machine does not have: Debian releases, extracted into .lab/roots and kept there.

python -m lab.roots [RELEASE …]      fetch them now (about 10 s and 280 MB each)
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.host import REPOSITORY
from lab.namespaces import LabError

FOLDER = REPOSITORY / ".lab" / "roots"
RELEASES = {"20.10.24": "bookworm", "26.1.5": "trixie", "28.5.2": "forky"}
_PACKAGES = "docker.io,iptables,nftables,busybox-static,ca-certificates"
_MERGED = ("bin", "sbin", "lib", "lib64")


def root_of(version: str) -> Path:
    """Return the extracted root that has this engine, fetching it first where needed."""
    return ensure_root(RELEASES[version])


def ensure_root(release: str) -> Path:
    """Return the root of a Debian release; several processes may ask at once, one builds."""
    root = FOLDER / release
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _lock(release):
        if not root.is_dir():
            _build(release, root)
    return root


@contextmanager
def _lock(name: str, folder: Path = FOLDER) -> Iterator[None]:
    with (folder / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(release: str, root: Path) -> None:
    """Extract beside the final place, then rename: a root that exists is whole."""
    partial = FOLDER / f".{release}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        extract(release, partial, _PACKAGES, "engine")
        link_merged(partial)
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def link_merged(root: Path) -> None:
    """Make the links of a merged /usr, which a package makes when it is configured."""
    for name in _MERGED:
        link = root / name
        if not link.exists():
            link.symlink_to(f"usr/{name}")


def ensure_installed(name: str, release: str, packages: str, what: str) -> Path:
    """Return a root of a Debian release in which packages are installed, fetching it first where needed.

    mmdebstrap runs the packages' own installation scripts inside the folder, and starts none of their services.
    """
    root = FOLDER / name
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _lock(name):
        if not root.is_dir():
            partial = FOLDER / f".{name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            try:
                options = ("--mode=root", "--variant=apt", '--aptopt=APT::Install-Recommends "false"')
                _bootstrap(release, partial, packages, what, *options)
                partial.rename(root)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return root


def ensure_extracted(folder: Path, release: str, packages: str, what: str) -> Path:
    """Return a folder with unpacked packages of a release, fetching them first where needed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.name, folder.parent):
        if not folder.is_dir():
            partial = folder.with_name(f".{folder.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            _bootstrap(release, partial, packages, what, "--variant=extract")
            partial.rename(folder)
    return folder


def extract(release: str, target: Path, packages: str, what: str) -> None:
    """Unpack packages of a Debian release, without running anything of them. Raises LabError."""
    _bootstrap(release, target, packages, f"its Docker {what}", "--variant=extract")


def _bootstrap(release: str, target: Path, packages: str, what: str, *options: str) -> None:
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is missing: apt-get install mmdebstrap (or `make system`)")
    command = ["mmdebstrap", "--quiet", *options, f"--include={packages}"]
    # Testing and old releases may carry an index past its date.
    command += ['--aptopt=Acquire::Check-Valid-Until "false"', "--aptopt=Acquire::Retries 3", release, str(target)]
    mirror = os.environ.get("LAB_DEBIAN_MIRROR")
    done = subprocess.run([*command, *([mirror] if mirror else [])], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"could not fetch Debian {release} for {what}: {done.stderr.strip()[-2000:]}")


if __name__ == "__main__":
    for each in sys.argv[1:] or ("trixie", "forky"):
        sys.stdout.write(f"{ensure_root(each)}\n")
