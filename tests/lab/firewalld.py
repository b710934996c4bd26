"""firewalld at work on a lab host, with a D-Bus of its own at the usual place: engines on the host find it there.

python -m lab.firewalld      fetch it now (about 20 s and 200 MB)
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from lab.host import PATIENCE, LabHost
from lab.namespaces import LabError, children
from lab.roots import ensure_installed

BACKENDS = ("nftables", "iptables")
_RELEASE = "bookworm"  # firewalld 1.3: the nft of that release reads what it writes
_PACKAGES = "bash,dbus-daemon,firewalld,iptables,nftables,procps"
_ROOT = "/run/lab/firewalld"
_ENVIRONMENT = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8")

# What is written into the shared root goes to memory; the folder of D-Bus is the host's, for dockerd looks there.
_MOUNT = """
mkdir -p {root} {root}-upper {root}-work /run/dbus
mount -t overlay -o lowerdir={lower},upperdir={root}-upper,workdir={root}-work lab {root}
mount --rbind /proc {root}/proc
mount --rbind /dev {root}/dev
mount -t sysfs sysfs {root}/sys
mount -t tmpfs -o mode=755 run {root}/run
mkdir -p {root}/run/lock {root}/run/dbus
mount --bind /run/dbus {root}/run/dbus
sed -i -e 's,^FirewallBackend=.*,FirewallBackend={backend},' -e 's,^CleanupModulesOnExit=.*,CleanupModulesOnExit=no,' \\
    {root}/etc/firewalld/firewalld.conf
"""


class Firewalld:
    """A context manager: firewalld with one of its backends; started before an engine, the engine works with it."""

    def __init__(self, host: LabHost, backend: str = "nftables") -> None:
        if backend not in BACKENDS:
            raise LabError(f"firewalld has no backend {backend}: {BACKENDS}")
        self.host, self.backend = host, backend
        self._services: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        mount = _MOUNT.format(root=_ROOT, lower=firewalld_root(), backend=self.backend)
        self.host.run(["sh", "-ec", mount])
        try:
            self._start("dbus-daemon", "--system", "--nofork", "--nopidfile")
            self._wait(["test", "-S", "/run/dbus/system_bus_socket"], "dbus-daemon")
            self._start("firewalld", "--nofork", "--nopid", "--log-file", "/tmp/firewalld.log")
            self._wait(self.command("firewall-cmd", "--state"), "firewalld")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End both; what they wrote stays until the host goes."""
        for service in reversed(self._services):
            for pid in children(service.pid):
                os.kill(pid, signal.SIGKILL)
            service.wait()
        self.host.run(["umount", "-l", _ROOT], check=False)

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program of the release on the host."""
        return ["chroot", _ROOT, *_ENVIRONMENT, *words]

    def _start(self, *words: str) -> None:
        self._services.append(self.host.popen(self.command(*words)))

    def _wait(self, asked: list[str], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.host.run(asked, check=False).returncode:
            if self._services[-1].poll() is not None or time.monotonic() > deadline:
                said = self.host.namespaces.path(f"{_ROOT}/tmp/firewalld.log")
                raise LabError(f"{what} did not start:\n{said.read_text()[-2000:] if said.exists() else ''}")
            time.sleep(0.1)


def firewalld_root() -> Path:
    """Return a root with firewalld in it, fetching it first where needed."""
    return ensure_installed(f"firewalld-{_RELEASE}", _RELEASE, _PACKAGES, "firewalld")


if __name__ == "__main__":
    sys.stdout.write(f"{firewalld_root()}\n")
