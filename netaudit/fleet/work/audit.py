"""A source and a results folder -> every recording audited that was not yet."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby, islice
from pathlib import Path

import msgspec

from netaudit.errors import CollectError, NetauditError, RecordingError
from netaudit.fleet.executors.executor import Executor, Group, WorkerEnd
from netaudit.fleet.job import Job, Orders, Tell
from netaudit.fleet.results.results import Known, Results
from netaudit.fleet.results.spool import Beginning, Spool
from netaudit.fleet.rows.audited import Named
from netaudit.fleet.rows.columns import pack
from netaudit.fleet.rows.every import error_rows
from netaudit.fleet.sources.entry import Entry, in_order, name_recording, name_unread
from netaudit.fleet.sources.failures import read_failures
from netaudit.fleet.sources.objects import is_object
from netaudit.fleet.sources.source import list_source, read_head
from netaudit.fleet.work.auditing import make_task
from netaudit.release import RELEASE

_TOGETHER = 16  # recordings of one host that one worker does: each is the next one's previous


class Summary(msgspec.Struct, frozen=True):
    """What an audit did: recordings found, known from before, resumed, audited now; of which failed."""

    found: int
    known: int
    resumed: int
    audited: int
    failed: int


class Found(msgspec.Struct):
    """What lies in a source: recordings by name, errors by name, and numbers."""

    recordings: dict[str, Named] = {}
    unread: dict[str, tuple[Named, str, NetauditError]] = {}
    entries: int = 0
    failures: int = 0  # hosts that could not be recorded, known ones too
    known: int = 0


def audit_fleet(
    source: str, results: Results, executor: Executor, orders: Orders, since: dt.datetime | None, tell: Tell
) -> Summary:
    """Audit every recording of a source that is not in the results. Raises NetauditError; then it can be resumed."""
    make_task(orders)  # orders that cannot be fail here, once
    spool = results.open_spool(Beginning(orders, _depends_on(orders, since)))
    try:
        known = results.known()
        found = _find(source, known, since)
        if not (found.entries or found.failures):
            spool.remove()
            raise RecordingError(
                f"{source} holds no recording", hint="`netaudit fleet collect` and `record` write them"
            )
        resumed = len(spool.done)
        for named, stage, error in found.unread.values():
            if named.recording not in spool.done:
                spool.add(named, pack(error_rows(named, stage, type(error).__name__, error.message, error.hint)))
        jobs = [job for job in _jobs(found.recordings, known.recordings) if job.named.recording not in spool.done]
        _run(executor, jobs, spool, tell)
        failed = results.publish(spool)
    finally:
        spool.close()
    return Summary(found.entries, found.known, resumed, len(jobs), failed)


def _run(executor: Executor, jobs: list[Job], spool: Spool, tell: Tell) -> None:
    """Run jobs, and keep the rows of each as it ends."""
    make = partial(make_task, spool.beginning.orders)
    for number, (job, result) in enumerate(executor.run(make, _groups(jobs)), 1):
        if isinstance(result, WorkerEnd):
            message = f"the process that audited it ended: {result.kind}"
            result = pack(error_rows(job.named, "worker", result.kind, message, "try: netaudit audit on it alone"))  # noqa: PLW2901 (its rows)
        spool.add(job.named, result)
        tell(number, len(jobs))


def _find(source: str, known: Known, since: dt.datetime | None) -> Found:
    found = Found()
    for entry in list_source(source):
        found.entries += 1
        if (entry.location, entry.stamp) in known.places:
            found.known += 1
        else:
            _look(entry, found, known, since)
    for failure in [] if is_object(source) else read_failures(Path(source)):
        named = failure.named()
        found.failures += 1
        if (named.location, named.stamp) not in known.places:
            found.unread[named.recording] = (named, "collect", CollectError(failure.message, hint=failure.hint))
    return found


def _look(entry: Entry, found: Found, known: Known, since: dt.datetime | None) -> None:
    try:
        named = name_recording(entry, read_head(entry.location))
    except NetauditError as error:
        unread = name_unread(entry)
        found.unread[unread.recording] = (unread, "read", error)
        return
    if named.recording in known.recordings:
        found.known += 1
    elif since is None or named.taken_at is None or named.taken_at >= since:
        found.recordings.setdefault(named.recording, named)


def _jobs(new: Mapping[str, Named], known: Mapping[str, Named]) -> Iterator[Job]:
    """Give each new recording the one before it, new or known."""
    everything = sorted({**new, **known}.values(), key=in_order)
    before: Named | None = None
    for named in everything:
        if named.recording in new:
            yield Job(named, before if before and before.host == named.host and named.taken_at else None)
        before = named


def _groups(jobs: list[Job]) -> Iterator[Group]:
    for _, members in groupby(jobs, key=lambda job: job.named.host):
        while group := tuple(islice(members, _TOGETHER)):
            yield group


def _depends_on(orders: Orders, since: dt.datetime | None) -> str:
    """Digest all that rows depend on beside recordings; the day stays that of the beginning."""
    pieces = [RELEASE, repr(since), repr(msgspec.structs.replace(orders, today=dt.date.min))]
    for name in (orders.config, orders.policy, *orders.waivers, *orders.checks):
        path = Path(name) if name else None
        files = sorted(path.iterdir()) if path and path.is_dir() else [path] if path else []
        pieces += [hashlib.sha256(one.read_bytes()).hexdigest() for one in files if one.is_file()]
    return hashlib.sha256("\n".join(pieces).encode()).hexdigest()
