"""What was seen -> alerts: each problem once when it begins, and once when it is over.

A rule of the engine's that is missing makes an alert at the second look that misses it: while a firewall is reloaded,
or a container starts, rules are away for a moment, and the engine writes them again.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from netaudit.audit.auditor import Auditor
from netaudit.history import History
from netaudit.history.standing import read_standing, write_standing
from netaudit.model.history.alert import Alert, AlertKind, AlertState, Problem
from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.report.text.history.log import describe_change
from netaudit.store import parse_time
from netaudit.watching.problems import Found, find_problems
from netaudit.watching.watcher import Seen

GRACE = 5.0  # seconds that a rule of the engine's has to be away
_MOST = 10  # lines of the log in one alert
_LOADERS = ("iptables-restor", "ip6tables-resto", "nft")  # programs that replace whole tables, as the kernel calls them


class Alerts:
    """Holds each look against the problems that are known."""

    def __init__(self, history: History, finder: Auditor) -> None:
        self._history = history
        self._finder = finder
        self._standing: dict[str, Problem] = {one.key: one for one in read_standing(history)}
        self._waiting: dict[str, Problem] = {}

    @property
    def standing(self) -> tuple[Problem, ...]:
        """The problems that last."""
        return tuple(self._standing.values())

    @property
    def waiting(self) -> bool:
        """Tell whether another look is wanted soon: something may be wrong."""
        return bool(self._waiting)

    def judge(self, seen: Seen) -> tuple[Alert, ...]:
        """Return the alerts of a look."""
        found = find_problems(seen.facts, self._finder)
        started = tuple(self._started(found, seen))
        over = tuple(self._over(found))
        self._standing.update({one.key: one for one in started})
        for one in over:
            del self._standing[one.key]
        if started or over:
            write_standing(self._history, self._standing.values())
        sent = [(AlertState.RAISED, one) for one in (*started, *_strangers(seen))]
        sent += [(AlertState.OVER, one) for one in over]
        return tuple(_alert(state, one, seen) for state, one in sent)

    def _started(self, found: Found, seen: Seen) -> Iterator[Problem]:
        at = seen.facts.taken_at
        unseen = tuple(sorted(found.blind))
        new = [replace(one, since=at, unseen=unseen) for one in found.problems if one.key not in self._standing]
        before, self._waiting = self._waiting, {}
        for one in new:
            known = before.get(one.key) or _with_kind(one, seen.changes)
            if one.kind is not AlertKind.MISSING or _seconds(known.since, at) >= GRACE:
                yield known
            else:
                self._waiting[one.key] = known

    def _over(self, found: Found) -> Iterator[Problem]:
        """Give what is not found any more, unless it could not have been seen."""
        still = {one.key for one in found.problems} | found.unsure
        for key, one in self._standing.items():
            if key not in still and found.blind <= set(one.unseen):
                yield one


def _with_kind(one: Problem, changes: Iterable[LoggedChange]) -> Problem:
    """Say whether a firewall that was loaded took the engine's rules with it."""
    loaded = any(_is_load(change) for change in changes)
    return replace(one, kind=AlertKind.NOT_RESTORED) if one.kind is AlertKind.MISSING and loaded else one


def _is_load(change: LoggedChange) -> bool:
    name = change.writer.name if change.writer else ""
    removed = any(rule.change == "removed" and rule.maker in ("docker", "podman") for rule in change.rules)
    return removed and (change.cause.kind is CauseOf.PROGRAM or any(one in name for one in _LOADERS))


def _strangers(seen: Seen) -> Iterator[Problem]:
    """Give the changes of rules of which nobody knows who wrote them, in one."""
    unknown = [one for one in seen.changes if one.rules and _is_unknown(one)]
    if unknown:
        words = "; ".join(describe_change(one) for one in unknown[:_MOST])
        more = f"; and {len(unknown) - _MOST} more" if len(unknown) > _MOST else ""
        yield Problem(AlertKind.WRITER, f"writer {seen.facts.taken_at}", words + more, seen.facts.taken_at)


def _is_unknown(one: LoggedChange) -> bool:
    return one.cause.kind is CauseOf.UNKNOWN or (one.cause.kind is CauseOf.OPERATOR and not one.cause.name)


def _alert(state: AlertState, one: Problem, seen: Seen) -> Alert:
    number = seen.look.number if seen.look else 0
    return Alert(state, one, seen.facts.taken_at, seen.facts.host, number, seen.changes[:_MOST])


def _seconds(since: str, at: str) -> float:
    begin, end = parse_time(since), parse_time(at)
    return (end - begin).total_seconds() if isinstance(begin, datetime) and isinstance(end, datetime) else GRACE
