"""Debian with the makers' programs in it: extracted once into .lab/roots, never into this machine.

mmdebstrap runs the packages' own installation scripts inside the folder, and starts none of their services.
"""

import shutil
import subprocess
from pathlib import Path

from lab.namespaces import LabError
from lab.roots import FOLDER

_BOTH = (
    "aardvark-dns,bash,busybox-static,ca-certificates,dbus,dbus-daemon,dnsmasq-base,fail2ban,firewalld,iproute2,"
    "ipset,iptables,libvirt-daemon-system,netavark,nftables,podman,procps,python3,ufw,wireguard-tools"
)
PACKAGES = {
    "bookworm": f"{_BOTH},containernetworking-plugins,lxc,sshguard",
    "trixie": f"{_BOTH},incus",
}


def makers_root(release: str) -> Path:
    """Return the root of a release with the makers' programs, fetching it first where needed (about 2 minutes)."""
    root = FOLDER / f"makers-{release}"
    if not root.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _build(release, root)
    return root


def _build(release: str, root: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is missing: apt-get install mmdebstrap")
    partial = root.with_name(f".{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--aptopt=Acquire::Retries 3"]
        command += ['--aptopt=APT::Install-Recommends "false"', f"--include={PACKAGES[release]}", release, str(partial)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"could not fetch Debian {release} with its firewall programs: {done.stderr[-2000:]}")
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
