"""Count looks, changes and alerts, and write them as OpenMetrics text, which Prometheus' older format includes.

No text of others is in it: labels are words of netaudit's own.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator

from netaudit.model.facts import Facts
from netaudit.model.history.alert import Alert, AlertKind, AlertState, Problem
from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.store import parse_time

_HELP = {
    "netaudit_looks": ("counter", "Looks at this host since the watch began."),
    "netaudit_looks_not_kept": ("counter", "Looks that could not be kept."),
    "netaudit_changes": ("counter", "Lines of the log, by what brought them about."),
    "netaudit_rules_added": ("counter", "Rules that came."),
    "netaudit_rules_removed": ("counter", "Rules that went."),
    "netaudit_openings": ("counter", "Ways that were opened to outsiders."),
    "netaudit_alerts": ("counter", "Alerts, by what they are about."),
    "netaudit_alerts_lost": ("counter", "Alerts that could not be delivered."),
    "netaudit_problems": ("gauge", "Problems that last, by kind."),
    "netaudit_gaps": ("gauge", "Sources that the last look could not read."),
    "netaudit_last_look_timestamp_seconds": ("gauge", "When the last look was."),
    "netaudit_last_change_timestamp_seconds": ("gauge", "When the last change was."),
}


class Measures:
    """The numbers; several threads may ask for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._gauges: dict[tuple[str, str], float] = {}

    def seen(self, facts: Facts, changes: Iterable[LoggedChange], failed: str) -> None:
        """Count a look."""
        with self._lock:
            self._counts["netaudit_looks_total", ""] += 1
            self._counts["netaudit_looks_not_kept_total", ""] += bool(failed)
            self._gauges["netaudit_gaps", ""] = len(facts.gaps)
            self._set_time("netaudit_last_look_timestamp_seconds", facts.taken_at)
            for one in changes:
                self._counts["netaudit_changes_total", f'cause="{one.cause.kind}"'] += 1
                self._counts["netaudit_rules_added_total", ""] += one.count("added")
                self._counts["netaudit_rules_removed_total", ""] += one.count("removed")
                opened = sum(cell.outside and cell.after == "ALLOWED" for cell in one.exposure)
                self._counts["netaudit_openings_total", ""] += opened
                self._set_time("netaudit_last_change_timestamp_seconds", one.at)

    def alerted(self, alerts: Iterable[Alert], standing: Iterable[Problem], lost: int) -> None:
        """Count alerts."""
        with self._lock:
            for one in alerts:
                if one.state is AlertState.RAISED:
                    self._counts["netaudit_alerts_total", f'kind="{one.problem.kind}"'] += 1
            lasting = Counter(one.kind for one in standing)
            for kind in AlertKind:
                if kind is not AlertKind.WRITER:  # it happens, and does not last
                    self._gauges["netaudit_problems", f'kind="{kind}"'] = lasting[kind]
            self._counts["netaudit_alerts_lost_total", ""] = lost

    def text(self) -> bytes:
        """Write them."""
        with self._lock:
            samples = {**_zeros(), **self._counts, **self._gauges}
        return "".join(_lines(samples)).encode()

    def _set_time(self, name: str, at: str) -> None:
        if moment := parse_time(at):
            self._gauges[name, ""] = moment.timestamp()


def _zeros() -> dict[tuple[str, str], float]:
    """Give what has a value before it first happens: a rate needs a beginning."""
    zeros = {(f"{name}_total", ""): 0.0 for name, (kind, _) in _HELP.items() if kind == "counter"}
    del zeros["netaudit_changes_total", ""], zeros["netaudit_alerts_total", ""]
    zeros |= {("netaudit_changes_total", f'cause="{cause}"'): 0.0 for cause in CauseOf}
    return zeros | {("netaudit_alerts_total", f'kind="{kind}"'): 0.0 for kind in AlertKind}


def _lines(samples: dict[tuple[str, str], float]) -> Iterator[str]:
    for name, (kind, words) in _HELP.items():
        full = f"{name}_total" if kind == "counter" else name
        mine = sorted((labels, value) for (sample, labels), value in samples.items() if sample == full)
        if mine:
            yield f"# HELP {name} {words}\n# TYPE {name} {kind}\n"
        for labels, value in mine:
            yield f"{full}{{{labels}}} {value:.0f}\n" if labels else f"{full} {value:.0f}\n"
    yield "# EOF\n"
