"""A host: namespaces with a network, private /run, /etc and /var/lib, and perhaps a neighbour on its LAN."""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from lab.leftovers import make_state, remove_state, sweep, terminated_cleanly
from lab.namespaces import LabError, Namespaces

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 240.0  # seconds for one command: a machine may be loaded, and only what hangs is an error

# dockerd and containerd write to fixed places below /run, /etc and /var/lib: here these are the host's own.
# An overlay cannot have its upper folder on another overlay (a container's root), so that is in memory.
_SETUP = """
echo "$LAB_NAME" > /proc/sys/kernel/hostname
mount -t tmpfs -o mode=755 lab /run
mkdir -p /run/lock /run/lab/home
for folder in etc var/lib; do
    mkdir -p "/run/lab/$folder/upper" "/run/lab/$folder/work"
    mount -t overlay -o "lowerdir=/$folder,upperdir=/run/lab/$folder/upper,workdir=/run/lab/$folder/work" lab "/$folder"
done
mkdir -p /etc/docker /var/lib/docker
rm -f /etc/docker/* /etc/hosts /etc/resolv.conf
echo "127.0.0.1 localhost" > /etc/hosts  # a name that does not resolve costs dockerd ten seconds
echo "nameserver 192.0.2.1" > /etc/resolv.conf
mount --bind "$LAB_STATE" /var/lib/docker
ip link set lo up
"""
_UPLINK = (
    "ip addr add 192.0.2.{octet}/24 dev eth0",
    "ip addr add 2001:db8::{octet}/64 dev eth0 nodad",
    "ip link set eth0 up",
)


class LabHost:
    """A context manager: one host. With `uplink` it has eth0, and `lan` is its neighbour and gateway.

    The host is 192.0.2.10 and 2001:db8::10, its neighbour 192.0.2.1 and 2001:db8::1.
    """

    def __init__(self, *, uplink: bool = False, name: str = "lab") -> None:
        self.hostname = name
        self.lan: LabHost | None = LabHost(name="lan") if uplink else None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(terminated_cleanly())
            sweep()
            self.state = make_state()
            stack.callback(remove_state, self.state)
            setup = f"LAB_NAME={self.hostname} LAB_STATE={self.state}\n{_SETUP}"
            self.namespaces = stack.enter_context(Namespaces(setup))
            if self.lan:
                self._join(stack.enter_context(self.lan))
            self._stack = stack.pop_all()
        atexit.register(self._stack.close)
        return self

    def __exit__(self, *_: object) -> None:
        atexit.unregister(self._stack.close)
        self._stack.close()

    @property
    def name(self) -> str:
        """Return a name that no other host on this machine has."""
        return self.state.name

    def _join(self, lan: "LabHost") -> None:
        inside = f"--net=/proc/{self.namespaces.pid}/ns/net"  # nothing else: `ip` takes a pid as we see it
        veth = f"nsenter {inside} ip link add eth0 type veth peer name eth0 netns {lan.namespaces.pid}"
        subprocess.run(veth.split(), check=True)
        for host, octet in ((self, 10), (lan, 1)):
            for line in _UPLINK:
                host.run(line.format(octet=octet).split())
        self.run(["ip", "route", "add", "default", "via", "192.0.2.1"])
        self.run(["ip", "-6", "route", "add", "default", "via", "2001:db8::1"])

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of programs on this host: nothing of the user's Docker settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "XDG_"))}
        paths = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        return {**kept, "PATH": paths, "HOME": "/run/lab/home", "PYTHONPATH": str(REPOSITORY), **(extra or {})}

    def popen(self, argv: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a program on this host, in the repository's folder; it ends with the host at the latest."""
        defaults = {"env": self.environment(), "stdin": subprocess.DEVNULL, "start_new_session": True}
        command = self.namespaces.enter(argv, folder=REPOSITORY)
        return subprocess.Popen(command, **{**defaults, **options})

    def run(
        self, argv: list[str], *, check: bool = True, timeout: float = PATIENCE, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on this host and wait for it; LabError with its words when it fails."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with self.popen(argv, **pipes) as process:
            try:
                out, err = process.communicate(stdin, timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise LabError(f"{' '.join(argv)}: not done after {timeout:g} s") from None
            except BaseException:  # ending nsenter alone would leave its child
                os.killpg(process.pid, signal.SIGKILL)
                raise
        done = subprocess.CompletedProcess(argv, process.returncode, out.decode(), err.decode())
        if check and done.returncode:
            raise LabError(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()}")
        return done

    def python(
        self, *arguments: str, check: bool = True, timeout: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run this Python on this host, with the repository importable."""
        return self.run([sys.executable, *arguments], check=check, timeout=timeout)
