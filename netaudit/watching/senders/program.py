"""Alerts to a program: the alert as JSON on its standard input, its kind and message in its environment."""

import os
import shlex
import signal
import subprocess
from contextlib import suppress

from netaudit.model.history.alert import Alert
from netaudit.report.json.alert import render_alert
from netaudit.report.text.history.alert import describe_alert
from netaudit.report.text.sanitize import visible
from netaudit.watching.outbox import DeliveryError

_PATIENCE = 60.0  # seconds
_LONGEST = 8_000  # characters in the environment


class Program:
    """A program and its arguments; no shell reads them, and nothing of an alert is among them."""

    def __init__(self, command: str, patience: float = _PATIENCE) -> None:
        self._argv = shlex.split(command)
        self._patience = patience
        self.place = f"--exec {os.path.basename(self._argv[0])}" if self._argv else "--exec"  # noqa: PTH119

    def send(self, alert: Alert, dropped: int) -> None:
        """Deliver one alert. Raises DeliveryError."""
        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_variables(alert)},
                start_new_session=True,
            )
        except OSError as error:
            raise DeliveryError(error.strerror or str(error), final=True) from error
        with process:
            self._feed(process, render_alert(alert, dropped=dropped))
        if process.returncode:
            raise DeliveryError(f"it ended with {process.returncode}")

    def _feed(self, process: "subprocess.Popen[bytes]", data: bytes) -> None:
        try:
            process.communicate(data, self._patience)
        except subprocess.TimeoutExpired as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise DeliveryError(f"it was not done after {self._patience:g} s", final=True) from error


def _variables(alert: Alert) -> dict[str, str]:
    said = {
        "NETAUDIT_ALERT": str(alert.problem.kind),
        "NETAUDIT_STATE": str(alert.state),
        "NETAUDIT_MESSAGE": describe_alert(alert),
        "NETAUDIT_HOST": alert.host,
        "NETAUDIT_AT": alert.at,
    }
    return {name: visible(value)[:_LONGEST] for name, value in said.items()}
