"""A warm worker of a fleet: what it takes for a host that is new, and for one of which only counters moved."""

import datetime as dt
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fleets.generate import vary
from msgspec.structs import replace

from bench.bench import MODEL
from bench.synthetic import make_facts
from netaudit.fleet.job import Job, Orders
from netaudit.fleet.rows.audited import Named
from netaudit.fleet.work.auditing import make_task
from netaudit.model.facts import Facts
from netaudit.store import save

_CONTAINERS = 20
_WARM, _MEASURED = 10, 60  # recordings
_PORT = re.compile(rb"(?<![\w.])10[234]\d(?![\w.])")  # as make_facts publishes them


def measure_worker(folder: Path) -> Iterator[tuple[str, float]]:
    """Give what was asked, and the seconds of processor time for each recording; all of them differ."""
    audit = make_task(Orders(today=dt.datetime.now(tz=dt.UTC).date()))
    new = [_job(folder, f"new-{number}", _new_host(number)) for number in range(_WARM + _MEASURED)]
    yield "a new host each time", _seconds(audit, new)
    moved = [_job(folder, f"moved-{at}", make_facts(MODEL, _CONTAINERS, later=bool(at))) for at in range(2)]
    yield "a host of which only counters moved", _seconds(audit, moved * _WARM)


def _new_host(number: int) -> Facts:
    """Make a host with addresses, published ports, identities and a name of its own."""
    facts = make_facts(MODEL, _CONTAINERS)
    chance = random.Random(number)  # noqa: S311 (the same hosts each time)
    ports = dict(zip(range(1024, 1024 + _CONTAINERS), chance.sample(range(1100, 60000), _CONTAINERS), strict=True))
    files = {
        name: _PORT.sub(lambda found: b"%d" % ports.get(int(found[0]), int(found[0])), data)
        for name, data in facts.files.items()
    }
    return replace(facts, files=vary(files, f"host-{number}", number), host=f"host-{number}")


def _job(folder: Path, name: str, facts: Facts) -> Job:
    path = folder / f"{name}.tar.gz"
    save(facts, path)
    return Job(Named(name, name, None, str(path), ""))


def _seconds(audit: Callable[[Job], bytes], jobs: Sequence[Job]) -> float:
    """Return the seconds of a recording; those with which the worker warms up are not counted."""
    for job in jobs[:_WARM]:
        audit(job)
    start = time.process_time()
    for job in jobs[_WARM:]:
        audit(job)
    return (time.process_time() - start) / len(jobs[_WARM:])
