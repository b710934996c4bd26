"""A Docker engine of a given version and backend, running on a lab host."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Self

from lab.host import PATIENCE, LabHost
from lab.image import IMAGE, image_archive
from lab.namespaces import LabError, only_child
from lab.roots import RELEASES, root_of

VERSIONS = tuple(RELEASES)
NFT, LEGACY = BACKENDS = ("iptables-nft", "iptables-legacy")
_PROGRAMS = tuple(f"{family}tables{what}" for family in ("ip", "ip6") for what in ("", "-save", "-restore"))

# The root is used by others too, so what dockerd writes into it goes to memory. /run and the data folder are the
# host's; with another version before this one, they come with what that one had mounted there.
_MOUNT_ROOT = """
mkdir -p {root} {root}-upper {root}-work
mount -t overlay -o lowerdir={lower},upperdir={root}-upper,workdir={root}-work lab {root}
mkdir -p {root}/etc/docker {root}/var/lib/docker {root}/run {root}/proc {root}/sys {root}/dev {root}/tmp
[ -e {root}/var/run ] || ln -s /run {root}/var/run
cp /etc/hosts /etc/resolv.conf /etc/os-release {root}/etc/
for folder in proc sys dev etc/docker; do mount --rbind /$folder {root}/$folder; done
for folder in run var/lib/docker; do mount --rbind {before}/$folder {root}/$folder; done
"""


class Engine:
    """A context manager: dockerd at work on a host, with its default socket, data and configuration places."""

    def __init__(
        self,
        host: LabHost,
        version: str = "20.10.24",
        backend: str = NFT,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        if version not in VERSIONS or backend not in BACKENDS:
            raise LabError(f"no engine {version} with {backend}: versions are {VERSIONS}, backends {BACKENDS}")
        self.host, self.version, self.backend = host, version, backend
        self.options, self.variables = tuple(options), dict(environment or {})
        self._nsenter: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Return the folder name of this engine's recordings."""
        return f"{self.version}-{self.backend}"

    @property
    def socket(self) -> Path:
        """Return the API's socket as this process sees it; on the host it is /run/docker.sock."""
        return self.host.namespaces.path("/run/docker.sock")

    @property
    def pid(self) -> int:
        """Return dockerd's process id as this process sees it."""
        if self._nsenter is None:
            raise LabError(f"engine {self.version} is not running")
        return only_child(self._nsenter.pid)

    def __enter__(self) -> Self:
        self._prepare()
        try:
            self.start()
            self._check_version()
            if not self.docker("image", "ls", "-q", IMAGE).strip():
                self.host.run(["docker", "load"], stdin=image_archive())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End dockerd and what it started; rules and interfaces stay until the host goes."""
        if self._nsenter is not None:
            self._nsenter.kill()
            self._nsenter.wait()
            self._nsenter = None
        # Inside its own pid namespace this means every process of the host but the holder.
        self.host.run(["sh", "-c", "kill -9 -1"], check=False)
        self.host.run(["sh", "-c", _UNMOUNT])

    def start(self) -> None:
        """Start dockerd and wait until its API answers."""
        log = (self.host.state / "dockerd.log").open("ab")
        with log:
            options = {"stdout": log, "stderr": log, "env": self.host.environment(self.variables)}
            self._nsenter = self.host.popen(self.command(), **options)
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self._nsenter.poll() is not None or time.monotonic() > deadline:
                raise LabError(f"dockerd {self.version} {' '.join(self.options)} did not start:\n{self.log()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End dockerd as a service manager does, with SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End dockerd as the OOM killer does; its containers go on."""
        self._signal(signal.SIGKILL)

    def restart(self, options: Sequence[str] | None = None) -> None:
        """Stop and start dockerd, perhaps with other options."""
        self.stop()
        if options is not None:
            self.options = tuple(options)
        self.start()

    def become(self, version: str) -> None:
        """Stop, and start another version on the same data and options."""
        self.stop()
        before, self.version = self._root, version
        self._prepare(before)
        self.start()

    def inside(self, path: str) -> str:
        """Return the name on the host of a file that dockerd sees as `path`."""
        return f"{self._root}{path}"

    def docker(self, *arguments: str) -> str:
        """Run the docker program and return what it printed; LabError when it fails."""
        return self.host.run(["docker", *arguments]).stdout

    def log(self) -> str:
        """Return what dockerd said so far."""
        return (self.host.state / "dockerd.log").read_text(errors="replace")

    def answers(self) -> bool:
        """Say whether the API answers /_ping."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.socket))
                connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in connection.recv(64)
            except OSError:
                return False

    def command(self) -> list[str]:
        """Return dockerd's command line on the host."""
        where = ["chroot", self._root] if self._root else []
        return [*where, "dockerd", f"--cgroup-parent=/{self.host.name}", *self.options]

    @property
    def _root(self) -> str:
        """Return where on the host the engine's root is; "" for the machine's own dockerd."""
        return "" if machine_version() == self.version else f"/run/lab/root-{self.version}"

    def _prepare(self, before: str = "") -> None:
        """Lay out the engine's files, and let `iptables` mean the backend's programs."""
        folders = ["/etc/alternatives"]
        if self._root:
            mount = _MOUNT_ROOT.format(root=self._root, lower=root_of(self.version), before=before)
            self.host.run(["sh", "-ec", mount])
            folders.append(f"{self._root}/usr/sbin")
        program = f"/usr/sbin/xtables-{self.backend.removeprefix('iptables-')}-multi"
        links = [f"ln -sf {program} {folder}/{name}" for folder in folders for name in _PROGRAMS]
        self.host.run(["sh", "-ec", "\n".join(links)])

    def _check_version(self) -> None:
        """Debian testing moves on; expectations are per version."""
        said = self.docker("version", "--format", "{{.Server.Version}}")
        if not said.startswith(self.version):
            raise LabError(
                f"Debian {RELEASES[self.version]} now has engine {said.strip()}, not {self.version}: set"
                " LAB_DEBIAN_MIRROR to a snapshot.debian.org mirror of the right day"
            )

    def _signal(self, number: int) -> None:
        os.kill(self.pid, number)
        assert self._nsenter is not None
        self._nsenter.wait(60)
        self._nsenter = None


_UNMOUNT = """
for mount in $(tac /proc/self/mounts | cut -d' ' -f2 | grep -E '^(/run/docker|/var/lib/docker/|/run/lab/root-)'); do
    umount -l "$mount" || true
done
rm -rf /run/docker /run/docker.* /run/containerd /var/lib/docker/*
"""


@cache
def machine_version() -> str:
    """Return the version of the machine's own dockerd; "" where there is none."""
    program = shutil.which("dockerd")
    if program is None:
        return ""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.\d+\.\d+", said)
    return found[0] if found else ""
