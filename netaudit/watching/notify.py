"""What systemd is told (sd_notify(3)): that the watch is at work, that it is alive, that it ends."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic


class Notifier:
    """Speaks to the service manager that started this process; to nobody where none did."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._every = _watchdog(environment)
        self._due = 0.0

    def ready(self) -> None:
        """Say that the first look has been made."""
        self._tell("READY=1")

    def status(self, words: str) -> None:
        """Say in one line what has been seen."""
        self._tell(f"STATUS={words}")

    def alive(self) -> None:
        """Say that all is well, as often as the watchdog wants to hear it."""
        if self._every and monotonic() >= self._due:
            self._due = monotonic() + self._every
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end has come."""
        self._tell("STOPPING=1")

    def _tell(self, line: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            connection.settimeout(1)
            connection.sendto(line.encode(), address)


def _watchdog(environment: Mapping[str, str]) -> float:
    """Return how often to say it, in seconds: thrice in the time after which the watch would be taken for hung."""
    wanted, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    ours = pid in ("", str(os.getpid()))
    return int(wanted) / 3e6 if wanted.isdecimal() and ours else 0.0
