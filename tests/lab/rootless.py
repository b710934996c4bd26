"""Podman of a user who is not root, on a lab host: rootless, with pasta, slirp4netns and rootlessport."""

import subprocess

from lab.image import image_archive
from lab.namespaces import LabError
from lab.podman import ROOT, Podman
from lab.roots import root_of

USER = 1000
RUNTIME = f"/run/user/{USER}"
SOCKET = f"{RUNTIME}/podman/podman.sock"
DOCKER_SOCKET = f"{RUNTIME}/docker.sock"
DOCKER_VERSION = "26.1.5"
_DOCKERD_ROOTLESS = "/usr/share/docker.io/contrib/dockerd-rootless.sh"

_PREPARE = f"""
mkdir -p /run/user {ROOT}/run/user {ROOT}/home/ann/.config/containers {ROOT}/before
mount -t tmpfs -o mode=755 user /run/user
mkdir -p {RUNTIME}/podman
mount --rbind /run/user {ROOT}/run/user
mount -t tmpfs -o mode=1777 tmp {ROOT}/tmp
echo ann:x:{USER}:{USER}::/home/ann:/bin/sh >> {ROOT}/etc/passwd
echo ann:x:{USER}: >> {ROOT}/etc/group
echo ann:100000:65536 | tee {ROOT}/etc/subuid > {ROOT}/etc/subgid
rm -f {ROOT}/etc/containers/storage.conf
printf '[storage]\\ndriver = "vfs"\\n' > {ROOT}/home/ann/.config/containers/storage.conf
mount -t tmpfs -o mode=755,dev devices {ROOT}/run/lock
mknod -m 666 {ROOT}/run/lock/tun c 10 200
mount --bind {ROOT}/run/lock/tun {ROOT}/dev/net/tun  # here only root may open it
chown -R {USER}:{USER} {RUNTIME} {ROOT}/home/ann
chmod 700 {RUNTIME}
"""
# A process with a changed root directory may make no user namespace: the root is pivoted to instead.
_HOLD = f"""
cd {ROOT}
pivot_root . before
cd /
umount -l /before
mount --make-rshared /
echo $$
exec sleep infinity
"""
_AS_USER = (
    *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"),
    *("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/home/ann", "USER=ann"),
    *(f"XDG_RUNTIME_DIR={RUNTIME}", "PODMAN_IGNORE_CGROUPSV1_WARNING=1"),
)


class RootlessPodman(Podman):
    """A context manager: a user's Podman, its API at SOCKET."""

    socket = SOCKET

    _holder: subprocess.Popen[bytes] | None = None
    _mounts = ""  # the process that holds the mounts

    def prepare(self) -> None:
        """Lay out the root, make the user, and hold the mounts that this user's programs see."""
        super().prepare()
        self.host.run(["sh", "-ec", _PREPARE])
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", _HOLD]
        self._holder = self.host.popen(command, stdout=subprocess.PIPE)
        assert self._holder.stdout
        self._mounts = self._holder.stdout.readline().decode().strip()
        if not self._mounts:
            raise LabError("the mounts of a rootless user could not be made")

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self._holder is not None:
            self._holder.communicate()

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs a program as the user."""
        return ["nsenter", f"--mount=/proc/{self._mounts}/ns/mnt", *_AS_USER, *words]


class RootlessDocker(RootlessPodman):
    """A context manager: a user's dockerd under rootlesskit, with slirp4netns; its API at DOCKER_SOCKET."""

    socket = DOCKER_SOCKET

    def prepare(self) -> None:
        """Lay out both releases' programs in one root."""
        self.beside = root_of(DOCKER_VERSION)
        super().prepare()

    def service(self) -> list[str]:
        """Return the command line of the daemon."""
        options = f"--storage-driver=vfs -H unix://{DOCKER_SOCKET}"
        script = f"DOCKERD_ROOTLESS_ROOTLESSKIT_NET=slirp4netns exec {_DOCKERD_ROOTLESS} {options}"
        return self.command("sh", "-c", f"{script} >/dev/null 2>&1")

    def load(self) -> None:
        """Load the image."""
        self.host.run(["docker", "-H", f"unix://{DOCKER_SOCKET}", "load"], stdin=image_archive())

    def docker(self, *arguments: str) -> str:
        """Run the machine's docker program against it."""
        return self.host.run(["docker", "-H", f"unix://{DOCKER_SOCKET}", *arguments]).stdout
