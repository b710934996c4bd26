"""A network namespace with nftables, for tests that hold our text against nft's own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


class NativeHost:
    """Runs programs in a namespace of its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, *argv: str, feed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program; it may fail."""
        enter = ["nsenter", f"--net=/run/netns/{self.name}"]
        return subprocess.run([*enter, *argv], input=feed, text=True, capture_output=True, check=False)

    def ask(self, *argv: str, feed: str = "") -> str:
        """Run a program that must not fail."""
        done = self.run(*argv, feed=feed)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def native_host() -> Iterator[NativeHost]:
    """Make a namespace, and remove it."""
    host = NativeHost(f"nap-{os.getpid()}")
    subprocess.run(["ip", "netns", "add", host.name], check=True)
    try:
        yield host
    finally:
        subprocess.run(["ip", "netns", "del", host.name], check=True)
