"""Count looks, changes and alerts, and write them as OpenMetrics text.

No text of others is in it: labels are words of netaudit's own.
"""

import threading
from collections import Counter
from collections.abc import Iterable

from netaudit.model.facts import Facts
from netaudit.model.history.alert import Alert, AlertKind, AlertState, Problem
from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.report.text.formats.openmetrics import Family, Labels, print_families
from netaudit.store import parse_time

_LOOKS = Family("netaudit_looks", "counter", "Looks at this host since the watch began.")
_NOT_KEPT = Family("netaudit_looks_not_kept", "counter", "Looks that could not be kept.")
_CHANGES = Family("netaudit_changes", "counter", "Lines of the log, by what brought them about.")
_ADDED = Family("netaudit_rules_added", "counter", "Rules that came.")
_REMOVED = Family("netaudit_rules_removed", "counter", "Rules that went.")
_OPENINGS = Family("netaudit_openings", "counter", "Ways that were opened to outsiders.")
_ALERTS = Family("netaudit_alerts", "counter", "Alerts, by what they are about.")
_LOST = Family("netaudit_alerts_lost", "counter", "Alerts that could not be delivered.")
_PROBLEMS = Family("netaudit_problems", "gauge", "Problems that last, by kind.")
_GAPS = Family("netaudit_gaps", "gauge", "Sources that the last look could not read.")
_LAST_LOOK = Family("netaudit_last_look_timestamp_seconds", "gauge", "When the last look was.")
_LAST_CHANGE = Family("netaudit_last_change_timestamp_seconds", "gauge", "When the last change was.")
_FAMILIES = (
    *(_LOOKS, _NOT_KEPT, _CHANGES, _ADDED, _REMOVED, _OPENINGS, _ALERTS, _LOST),
    *(_PROBLEMS, _GAPS, _LAST_LOOK, _LAST_CHANGE),
)
_ALONE: Labels = ()


class Measures:
    """The numbers; several threads may ask for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples = _zeros()

    def seen(self, facts: Facts, changes: Iterable[LoggedChange], failed: str) -> None:
        """Count a look."""
        with self._lock:
            self._count(_LOOKS, 1)
            self._count(_NOT_KEPT, bool(failed))
            self._samples[_GAPS][_ALONE] = len(facts.gaps)
            self._set_time(_LAST_LOOK, facts.taken_at)
            for one in changes:
                self._count(_CHANGES, 1, (("cause", str(one.cause.kind)),))
                self._count(_ADDED, one.count("added"))
                self._count(_REMOVED, one.count("removed"))
                self._count(_OPENINGS, sum(cell.outside and cell.after == "ALLOWED" for cell in one.exposure))
                self._set_time(_LAST_CHANGE, one.at)

    def alerted(self, alerts: Iterable[Alert], standing: Iterable[Problem], lost: int) -> None:
        """Count alerts."""
        with self._lock:
            for one in alerts:
                if one.state is AlertState.RAISED:
                    self._count(_ALERTS, 1, (("kind", str(one.problem.kind)),))
            lasting = Counter(one.kind for one in standing)
            for kind in AlertKind:
                if kind is not AlertKind.WRITER:  # it happens, and does not last
                    self._samples[_PROBLEMS][("kind", str(kind)),] = lasting[kind]
            self._samples[_LOST][_ALONE] = lost

    def text(self) -> bytes:
        """Write them."""
        with self._lock:
            return print_families(self._samples.items()).encode()

    def _count(self, family: Family, number: int, labels: Labels = _ALONE) -> None:
        self._samples[family][labels] = self._samples[family].get(labels, 0) + number

    def _set_time(self, family: Family, at: str) -> None:
        if moment := parse_time(at):
            self._samples[family][_ALONE] = moment.timestamp()


def _zeros() -> dict[Family, dict[Labels, float]]:
    """Give what has a value before it first happens: a rate needs a beginning."""
    zeros: dict[Family, dict[Labels, float]] = {one: {_ALONE: 0} if one.kind == "counter" else {} for one in _FAMILIES}
    zeros[_CHANGES] = {(("cause", str(cause)),): 0 for cause in CauseOf}
    zeros[_ALERTS] = {(("kind", str(kind)),): 0 for kind in AlertKind}
    return zeros
