"""Alerts to systemd's journal, each with its fields: `journalctl NETAUDIT_ALERT=policy-broken`.

systemd-journald(8), "Journal fields": a datagram of `NAME=value` lines; a value with a line break in it would be given
with its length, but `visible` leaves none.
"""

import socket
from pathlib import Path

from netaudit.model.history.alert import Alert, AlertState
from netaudit.report.text.history.alert import describe_alert
from netaudit.report.text.sanitize import visible
from netaudit.watching.outbox import DeliveryError

JOURNAL = Path("/run/systemd/journal/socket")
_MESSAGE = "6c1d1b2f0f4e4c5c9f2d7a0d3f6f2a51"  # what all alerts have in common, for `journalctl MESSAGE_ID=`
_WARNING, _NOTICE = 4, 5
_LONGEST = 16_000  # characters of a field; a datagram has an end


class Journal:
    """The journal of this host."""

    def __init__(self, path: Path = JOURNAL) -> None:
        self.place = "the journal"
        self._path = path

    def send(self, alert: Alert, dropped: int) -> None:
        """Deliver one alert. Raises DeliveryError."""
        data = "".join(f"{name}={visible(value)[:_LONGEST]}\n" for name, value in _fields(alert, dropped)).encode()
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
                connection.settimeout(5)
                connection.sendto(data, str(self._path))
        except OSError as error:
            raise DeliveryError(error.strerror or str(error)) from error


def _fields(alert: Alert, dropped: int) -> list[tuple[str, str]]:
    problem = alert.problem
    writers = {one.writer.name for one in alert.changes if one.writer}
    containers = {name for one in alert.changes for name in one.containers}
    return [
        ("MESSAGE", describe_alert(alert)),
        ("MESSAGE_ID", _MESSAGE),
        ("PRIORITY", str(_WARNING if alert.state is AlertState.RAISED else _NOTICE)),
        ("SYSLOG_IDENTIFIER", "netaudit"),
        ("NETAUDIT_ALERT", problem.kind),
        ("NETAUDIT_STATE", alert.state),
        ("NETAUDIT_KEY", problem.key),
        ("NETAUDIT_SINCE", problem.since),
        ("NETAUDIT_AT", alert.at),
        ("NETAUDIT_HOST", alert.host),
        ("NETAUDIT_LOOK", str(alert.look)),
        ("NETAUDIT_WRITER", ", ".join(sorted(writers))),
        ("NETAUDIT_CONTAINER", ", ".join(sorted(containers))),
        ("NETAUDIT_DROPPED", str(dropped)),
    ]
