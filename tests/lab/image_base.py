"""The base of netaudit's own image in the lab, where no registry is: Debian's programs, extracted into .lab/roots."""

import fcntl
import shutil
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from wheels import build_wheel

from lab.roots import FOLDER, extract, link_merged

PYTHON = "3.13"  # Debian 13's
_RELEASE = "trixie"
_PACKAGES = "dash,coreutils,base-files,python3,python3-venv,iptables,nftables,iproute2,ipset"
_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"  # made when a package is configured: pip looks for it
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")


def image_base() -> bytes:
    """Return what `docker import` reads; the first time, fetch it: 90 MB."""
    root = FOLDER / "image-base"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".image-base.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not root.is_dir():
            _build(root)
    return subprocess.run(["tar", "-C", root, "-c", "."], capture_output=True, check=True).stdout


def _build(root: Path) -> None:
    partial = FOLDER / ".image-base.partial"
    shutil.rmtree(partial, ignore_errors=True)
    extract(_RELEASE, partial, _PACKAGES, "image")
    link_merged(partial)
    (partial / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (partial / _CERTIFICATES).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path("/") / _CERTIFICATES, partial / _CERTIFICATES)
    partial.rename(root)


def gather_wheels(folder: Path, python: str = PYTHON) -> None:
    """Put the wheels of netaudit and of what it needs into a folder, for a Python: else that of the image."""
    needed = _requirements(build_wheel(folder), python)
    platforms = [word for one in _PLATFORMS for word in ("--platform", one)]
    target = ["--only-binary", ":all:", "--python-version", python, "--implementation", "cp", *platforms]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", *target, "-d", folder, *needed], check=True, capture_output=True
    )


def _requirements(wheel: Path, python: str) -> list[str]:
    """Return what a wheel needs under a Python: pip would ask the Python that runs it."""
    with ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    found = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    there = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    needed = [one for one in found if one.marker is None or one.marker.evaluate(there)]
    return [
        f"{one.name}[{','.join(one.extras)}]{one.specifier}" if one.extras else f"{one.name}{one.specifier}"
        for one in needed
    ]
