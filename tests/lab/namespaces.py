"""A set of namespaces that lives exactly as long as this process wants it, and never longer.

One process holds the namespaces. It is the first process of its pid namespace, so the kernel ends whatever runs
in there with it; its mounts, interfaces and rules have no other owner and vanish likewise. It asks to be killed
when we die, so not even a SIGKILL of the test run leaves a daemon behind.
"""

import os
import signal
import subprocess
from pathlib import Path
from typing import Self

# With SIGCHLD ignored the kernel reaps orphans by itself (dash cannot ignore it). A dead containerd that nobody reaped
# would look alive to the next dockerd.
_HOLD = "echo ready; exec env --ignore-signal=CHLD sleep infinity >/dev/null 2>&1"
_UNSHARE = ("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc")
_ENTER = ("--net", "--mount", "--pid", "--uts", "--ipc")


class LabError(Exception):
    """The lab cannot be built here; the message says why and what to do."""


class Namespaces:
    """Network, mount, pid, uts and ipc namespaces, held open by one process."""

    def __init__(self, setup: str) -> None:
        """Make the namespaces and run `setup`, a POSIX shell script, inside them."""
        if os.geteuid() != 0:
            raise LabError("the lab makes network namespaces and runs Docker engines: run it as root")
        self._unshare = subprocess.Popen(
            # --pdeathsig is inherited by unshare, whose --kill-child hands it on to the holder.
            ["setpriv", "--pdeathsig", "KILL", *_UNSHARE, "sh", "-ec", f"{setup}\n{_HOLD}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us; we end the holder
        )
        try:
            self.pid = self._await_holder()
        except BaseException:
            self.close()
            raise

    def _await_holder(self) -> int:
        assert self._unshare.stdout is not None
        assert self._unshare.stderr is not None
        if self._unshare.stdout.readline() != "ready\n":
            raise LabError(f"a lab host did not come up: {self._unshare.stderr.read().strip()}")
        return only_child(self._unshare.pid)

    def enter(self, argv: list[str], *, folder: Path) -> list[str]:
        """Return the command line that runs `argv` in here, in `folder`."""
        return ["nsenter", "--target", str(self.pid), *_ENTER, "env", f"--chdir={folder}", *argv]

    def path(self, inside: str) -> Path:
        """Return the name out here of a file in there."""
        return Path(f"/proc/{self.pid}/root/{inside.lstrip('/')}")

    def close(self) -> None:
        """End every process in the namespaces, and with them the namespaces."""
        if self._unshare.poll() is None:
            holder = children(self._unshare.pid)
            for pid in holder or [self._unshare.pid]:
                os.kill(pid, signal.SIGKILL)
        self._unshare.wait()
        for stream in (self._unshare.stdout, self._unshare.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def only_child(pid: int) -> int:
    """Return the one child of unshare or nsenter: the program that it was told to run."""
    found = children(pid)
    if len(found) != 1:
        raise LabError(f"process {pid} should have one child and has {found}")
    return found[0]
