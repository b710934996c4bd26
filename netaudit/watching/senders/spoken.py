"""Alerts as lines of the watcher's own, on standard error."""

from collections.abc import Callable

from netaudit.model.history.alert import Alert
from netaudit.report.text.history.alert import describe_alert


class Spoken:
    """Standard error."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.place = "standard error"
        self._say = say

    def send(self, alert: Alert, dropped: int) -> None:
        """Say one alert."""
        lost = f" ({dropped} before it were lost)" if dropped else ""
        self._say(f"alert: {describe_alert(alert)}{lost}")
