"""A lab host that runs other makers' programs: a Debian root of theirs, on the host's own network."""

import shutil
import sys
from pathlib import Path
from typing import Self

from lab.host import LabHost

from makers.roots import makers_root

_ROOT = "/run/makers/root"

# The root is shared, so what its programs write goes to memory. /sys is mounted again: it shows the interfaces of
# the namespace it is mounted in, and libvirt and podman look there.
_MOUNT = """
mkdir -p {root} /run/makers/upper /run/makers/work
mount -t overlay -o lowerdir={lower},upperdir=/run/makers/upper,workdir=/run/makers/work makers {root}
mkdir -p {root}/proc {root}/sys {root}/dev {root}/run {root}/tmp {root}/scenarios
mount --rbind /proc {root}/proc
mount --rbind /dev {root}/dev
mount -t sysfs sysfs {root}/sys
mount --rbind /sys/fs/cgroup {root}/sys/fs/cgroup
mount -t tmpfs -o mode=755 run {root}/run
mkdir -p {root}/run/lock {root}/run/netns
mount --bind {scenarios} {root}/scenarios
"""

# netaudit reads with the host's own programs, but an older nft dies of tables that a newer one wrote.
_NFT = """
mkdir -p /run/makers/bin
if [ -x {root}/usr/sbin/nft ]; then
    printf '#!/bin/sh\\nexec chroot {root} /usr/sbin/nft "$@"\\n' > /run/makers/bin/nft
    chmod 755 /run/makers/bin/nft
fi
"""


class MakerHost(LabHost):
    """A context manager: a lab host with an uplink, and the programs of a Debian release."""

    def __init__(self, release: str) -> None:
        super().__init__(uplink=True, name="makers")
        self.release = release

    def __enter__(self) -> Self:
        lower = makers_root(self.release)
        super().__enter__()
        words = {"root": _ROOT, "lower": lower, "scenarios": Path(__file__).parent / "scenarios"}
        self.run(["sh", "-ec", _MOUNT.format(**words)])
        return self

    def play(self, scenario: str, *arguments: str) -> str:
        """Run a scenario's script among the makers' programs; return what it said, LabError when it fails."""
        environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]
        script = ["bash", "-euo", "pipefail", f"/scenarios/{scenario}.sh", *arguments]
        return self.run(["chroot", _ROOT, *environment, *script]).stdout

    def record(self, folder: Path) -> None:
        """Record this host into a folder, again."""
        inside = "/run/makers/recording"
        self.run(["sh", "-ec", _NFT.format(root=_ROOT)])
        path = f"PATH=/run/makers/bin:{self.environment()['PATH']}"
        self.run(["env", path, sys.executable, "-m", "netaudit", "record", "-o", inside])
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.namespaces.path(inside), folder)
