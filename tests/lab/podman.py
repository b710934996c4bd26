"""Podman of a Debian release, rootful, on a lab host: its service, its program, and the programs around it."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from lab.host import PATIENCE, LabHost
from lab.image import image_archive
from lab.namespaces import LabError
from lab.roots import ensure_installed

# netavark 1.14.0 and 1.17.2.
RELEASES = {"5.4.2": "trixie", "5.8.6": "forky"}
DRIVERS = ("iptables", "nftables")
_PACKAGES = (
    "aardvark-dns,bash,busybox-static,ca-certificates,conmon,crun,dbus,dbus-daemon,firewalld,fuse-overlayfs,iproute2,"
    "iptables,netavark,nftables,passt,podman,procps,python3,rootlesskit,slirp4netns,uidmap"
)
ROOT = "/run/lab/podman"
SOCKET = "/run/podman/podman.sock"

# What Podman writes into the shared root goes to memory. crun refuses a host with both versions of cgroups.
_MOUNT = """
mkdir -p {root} {root}-upper {root}-work /run/podman /run/lab/bin
mount -t overlay -o lowerdir={lower},upperdir={root}-upper,workdir={root}-work lab {root}
mkdir -p {root}/proc {root}/sys {root}/dev {root}/run {root}/tmp {root}/etc/containers
mount --rbind /proc {root}/proc
mount --rbind /dev {root}/dev
mount -t sysfs sysfs {root}/sys
mount --rbind /sys/fs/cgroup {root}/sys/fs/cgroup
umount {root}/sys/fs/cgroup/unified 2>/dev/null || true
mount -t tmpfs -o mode=755 run {root}/run
mkdir -p {root}/run/lock {root}/run/netns {root}/run/podman
mount --bind /run/podman {root}/run/podman
mount --bind /run/netns {root}/run/netns 2>/dev/null || true
cp /etc/hosts {root}/etc/hosts
printf 'nameserver 192.0.2.1\\n' > {root}/etc/resolv.conf
cat > {root}/etc/containers/containers.conf <<END
[network]
network_backend = "netavark"
firewall_driver = "{driver}"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
cgroups = "disabled"
log_driver = "k8s-file"
END
printf '[storage]\\ndriver = "vfs"\\nrunroot = "/run/containers/storage"\\ngraphroot = "/run/containers/graph"\\n' \\
    > {root}/etc/containers/storage.conf
printf '{{"default": [{{"type": "insecureAcceptAnything"}}]}}' > {root}/etc/containers/policy.json
printf '#!/bin/sh\\nexec chroot {root} /usr/sbin/nft "$@"\\n' > /run/lab/bin/nft
chmod 755 /run/lab/bin/nft
[ ! -x /usr/sbin/nft ] || mount --bind /run/lab/bin/nft /usr/sbin/nft  # an older one may die of a newer one's tables
"""
_ENVIRONMENT = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "PODMAN_IGNORE_CGROUPSV1_WARNING=1")


def podman_root(release: str) -> Path:
    """Return the root of a release with Podman in it, fetching it first where needed (about a minute)."""
    return ensure_installed(f"podman-{release}", release, _PACKAGES, "Podman")


Said = dict[str, Any]


def _as_docker(container: Said) -> Said:
    """Show a container of Podman's as Docker shows one: a guest has no networks and ports, IPv6 is bound by `::`."""
    settings = container["NetworkSettings"]
    if container["HostConfig"]["NetworkMode"].startswith("container:"):
        return {**container, "NetworkSettings": {"Ports": {}, "Networks": {}}}
    ends = {name: end for name, end in (settings.get("Networks") or {}).items() if name not in ("host", "none")}
    if any(end["GlobalIPv6Address"] for end in ends.values()):
        for bound in settings["Ports"].values():
            bound += [{**one, "HostIp": "::"} for one in bound or () if one["HostIp"] == "0.0.0.0"]
    return {**container, "NetworkSettings": {"Ports": settings["Ports"], "Networks": ends}}


def _network(said: Said) -> Said:
    pools = [{"Subnet": one["subnet"], "Gateway": one.get("gateway", "")} for one in said.get("subnets") or ()]
    return {
        "Id": said["id"],
        "Name": said["name"],
        "Internal": said["internal"],
        "IPAM": {"Config": pools},
        "Options": {"com.docker.network.bridge.name": said.get("network_interface", "")},
    }


class Podman:
    """A context manager: Podman's service at work on a host, its API at /run/podman/podman.sock."""

    socket = SOCKET
    beside: Path | None = None  # the root of another release, whose programs are there too

    def __init__(self, host: LabHost, version: str = "5.4.2", driver: str = "nftables") -> None:
        if version not in RELEASES or driver not in DRIVERS:
            raise LabError(f"no Podman {version} with {driver}: versions are {tuple(RELEASES)}, drivers {DRIVERS}")
        self.host, self.version, self.driver = host, version, driver
        self._service: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Lay out the root."""
        lower = ":".join(map(str, filter(None, (podman_root(RELEASES[self.version]), self.beside))))
        self.host.run(["sh", "-ec", _MOUNT.format(root=ROOT, lower=lower, driver=self.driver)])

    def __enter__(self) -> Self:
        self.prepare()
        self._service = self.host.popen(self.service())
        deadline = time.monotonic() + PATIENCE
        while not self.host.namespaces.path(self.socket).exists():
            if time.monotonic() > deadline or self._service.poll() is not None:
                raise LabError(f"Podman {self.version}: its service did not start")
            time.sleep(0.05)
        self.load()
        return self

    def service(self) -> list[str]:
        """Return the command line of its service."""
        return self.command("podman", "system", "service", "-t", "0", f"unix://{self.socket}")

    def load(self) -> None:
        """Load the image."""
        self.host.run(self.command("podman", "load"), stdin=image_archive())

    def __exit__(self, *_: object) -> None:
        """End the service and the containers; rules and interfaces stay until the host goes."""
        self.host.run(["sh", "-c", "kill -9 -1"], check=False)
        if self._service is not None:
            self._service.wait()

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program of the release on the host."""
        return ["chroot", ROOT, *_ENVIRONMENT, *words]

    def podman(self, *arguments: str) -> str:
        """Run the podman program and return what it printed; LabError when it fails."""
        return self.host.run(self.command("podman", *arguments)).stdout

    def answers(self) -> bool:
        """Say that it can be asked: the program needs no service."""
        return True

    def docker(self, *arguments: str) -> str:
        """Answer as the docker program does, in its shapes: what `lab.probing` asks of any engine."""
        match arguments:
            case ["inspect", *ids]:
                said = json.loads(self.podman("container", "inspect", *ids))
                return json.dumps([_as_docker(one) for one in said])
            case ["network", "inspect", *names]:
                return json.dumps([_network(one) for one in json.loads(self.podman("network", "inspect", *names))])
            case _:
                return self.podman(*arguments)
