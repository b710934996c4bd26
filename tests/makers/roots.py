"""Debian with the makers' programs in it: extracted once into .lab/roots, never into this machine."""

from pathlib import Path

from lab.roots import ensure_installed

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
    return ensure_installed(f"makers-{release}", release, PACKAGES[release], "the makers' programs")
