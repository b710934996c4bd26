"""What becomes of a look: alerts are found and sent, numbers are counted, the service manager hears of it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from netaudit.errors import NetauditError
from netaudit.model.history.alert import Alert
from netaudit.report.text.words import count
from netaudit.store import write_atomically
from netaudit.watching.alerts import GRACE, Alerts
from netaudit.watching.metrics.measures import Measures
from netaudit.watching.notify import Notifier
from netaudit.watching.outbox import Outbox
from netaudit.watching.watcher import Seen


class Teller:
    """Called with each look; returns after how many seconds another look is wanted, 0 for none."""

    def __init__(
        self, alerts: Alerts, outboxes: Iterable[Outbox], say: Callable[[str], None], textfile: Path | None = None
    ) -> None:
        self.measures = Measures()
        self.notifier = Notifier()
        self._alerts = alerts
        self._outboxes = tuple(outboxes)
        self._say = say
        self._textfile = textfile
        self._ready = False

    def tell(self, seen: Seen) -> float:
        """Do all that a look asks for."""
        alerts = self._judge(seen)
        for alert in alerts:
            for outbox in self._outboxes:
                outbox.put(alert)
        self.measures.seen(seen.facts, seen.changes, seen.failed)
        self.measures.alerted(alerts, self._alerts.standing, sum(one.lost for one in self._outboxes))
        self._write()
        self._notify(seen)
        return GRACE if self._alerts.waiting else 0.0

    def close(self) -> None:
        """Send what waits, and say that the end has come."""
        self.notifier.stopping()
        for outbox in self._outboxes:
            outbox.close()

    def _judge(self, seen: Seen) -> tuple[Alert, ...]:
        """Find alerts; where that fails, say so: the watch goes on."""
        if not seen.readable:
            return ()
        try:
            return self._alerts.judge(seen)
        except NetauditError as error:
            self._say(f"this look was not held against policy and checks: {error.message}")
            return ()

    def _write(self) -> None:
        if self._textfile is None:
            return
        try:
            write_atomically(self._textfile, self.measures.text())
        except NetauditError as error:
            self._say(error.message)

    def _notify(self, seen: Seen) -> None:
        self.notifier.status(f"looked at {seen.facts.taken_at}; {count(len(self._alerts.standing), 'problem')}")
        if not self._ready:
            self._ready = True
            self.notifier.ready()
        self.notifier.alive()
