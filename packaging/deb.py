"""A Debian package of netaudit: the wheel and what it needs, in an environment below /usr/lib/netaudit.

python3 packaging/deb.py dist/netaudit-0.2.0-py3-none-any.whl [-o dist] [--wheels FOLDER]

Run it with the Python of the Debian release that the package is for (3.11 on Debian 12, 3.13 on 13, 3.14 on testing),
on its processor: what netaudit needs comes as compiled wheels of that Python. pip chooses them, dpkg-deb writes the
package; nothing is compiled. With `--wheels` they come from that folder alone, and nothing is downloaded.
"""

import argparse
import gzip
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
_HOME = Path("usr/lib/netaudit")
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_NEXT = f"{sys.version_info.major}.{sys.version_info.minor + 1}"
_START = "#!/usr/lib/netaudit/bin/python3 -I\nfrom netaudit.{module} import script\n\nscript()\n"
_PROGRAMS = {
    "usr/bin/netaudit": "__main__",
    "usr/libexec/docker/cli-plugins/docker-netaudit": "docker_plugin",
}
_CONTROL = """\
Package: netaudit
Version: {version}
Architecture: {arch}
Maintainer: The netaudit authors <netaudit@example.com>
Depends: python3 (>= {python}~), python3 (<< {next}~), libstdc++6
Recommends: iptables, iproute2, nftables
Suggests: ipset
Section: admin
Priority: optional
Installed-Size: {size}
Description: which container caused which Netfilter rule
 Records, compares and audits the firewall rules that Docker and Podman write,
 names the container behind each of them, and says who can reach what.
 It only reads: it changes nothing on a host.
"""
# Compiled Python is made and removed with the package, as Debian's own packages do it.
_SCRIPTS = {
    "postinst": '#!/bin/sh\nset -e\n[ "$1" != configure ] || py3compile -p netaudit /usr/lib/netaudit\n',
    "prerm": "#!/bin/sh\nset -e\npy3clean -p netaudit\n",
}


def build(wheel: Path, output: Path, wheels: Path | None) -> Path:
    """Write the package of a wheel, for the Python that runs this; return its path."""
    version = f"{wheel.name.split('-')[1]}-1~python{_PYTHON}"
    asked = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    arch = asked.stdout.strip()
    output.mkdir(parents=True, exist_ok=True)
    target = output / f"netaudit_{version}_{arch}.deb"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        packages = root / _HOME / f"lib/python{_PYTHON}/site-packages"
        _install(wheel, packages, wheels)
        _make_environment(root / _HOME)
        _move_shared(packages, root)
        for place, module in _PROGRAMS.items():
            _write(root / place, _START.format(module=module), mode=0o755)
        _write(root / "usr/share/doc/netaudit/copyright", (REPOSITORY / "LICENSE").read_text())
        _describe(root, version, arch)
        command = ["dpkg-deb", "--root-owner-group", "--build", "-Zxz", "-z3", root, target]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return target


def _install(wheel: Path, packages: Path, wheels: Path | None) -> None:
    source = ["--no-index", "--find-links", wheels] if wheels else []
    options = ["--quiet", "--no-compile", "--only-binary", ":all:", "--target", packages]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *source, wheel], check=True)


def _make_environment(home: Path) -> None:
    """Make what `python3 -m venv` would: programs that netaudit starts find it by the same interpreter."""
    _write(home / "pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {_PYTHON}\n")
    (home / "bin").mkdir()
    (home / "bin/python3").symlink_to("/usr/bin/python3")


def _move_shared(packages: Path, root: Path) -> None:
    """Put the man page and the completions where programs look for them; programs of what is needed are left out."""
    shutil.rmtree(packages / "bin", ignore_errors=True)
    shutil.move(packages / "share", root / "usr/share")
    for page in (root / "usr/share/man").rglob("*.1"):
        page.with_suffix(".1.gz").write_bytes(gzip.compress(page.read_bytes(), mtime=0))
        page.unlink()
    site = root / "usr/share/zsh/site-functions"
    site.rename(site.with_name("vendor-completions"))


def _describe(root: Path, version: str, arch: str) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
        for path in files
    ]
    values = {"version": version, "python": _PYTHON, "next": _NEXT, "arch": arch}
    size = sum(path.stat().st_size for path in files) // 1024
    _write(root / "DEBIAN/control", _CONTROL.format(size=size, **values))
    _write(root / "DEBIAN/md5sums", "".join(sums))
    for name, text in _SCRIPTS.items():
        _write(root / "DEBIAN" / name, text, mode=0o755)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build one package, and print its path."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("dist"))
    parser.add_argument("--wheels", type=Path, help="a folder of wheels, in place of PyPI")
    told = parser.parse_args(arguments)
    sys.stdout.write(f"{build(told.wheel, told.output, told.wheels)}\n")


if __name__ == "__main__":
    main()
