"""Jobs on a cluster: a machine that ends costs time alone; a recording that ends its process costs itself alone."""

from collections.abc import Iterable
from functools import partial

import pytest

from fleets.machines import Machines, Standing, connected
from fleets.tasks import make_task, make_task_that_cannot
from netaudit.errors import CollectError, UsageError
from netaudit.fleet.executors.choice import choose_executor
from netaudit.fleet.executors.cluster import Cluster, Spread, bundles
from netaudit.fleet.executors.executor import Group, MakeTask, WorkerEnd
from netaudit.fleet.job import Job
from netaudit.fleet.rows.audited import Named

pytestmark = pytest.mark.matrix  # each starts processes


def _groups(locations: Iterable[str]) -> list[Group]:
    return [(Job(Named(f"{number:032x}", "host", None, name, "")),) for number, name in enumerate(locations)]


def _run(
    machines: Cluster, locations: list[str], seconds: float = 600.0, make: MakeTask = make_task
) -> dict[str, bytes | WorkerEnd]:
    ended = list(Spread(partial(connected, machines), seconds).run(make, _groups(locations)))
    assert len(ended) == len(locations)
    return {job.named.location: result for job, result in ended}


def _done(locations: list[str]) -> dict[str, bytes]:
    return {name: f"{name} done".encode() for name in locations}


def test_every_job_is_done_once_and_many_travel_together() -> None:
    names = [str(number) for number in range(100)]
    machines = Machines()
    assert _run(machines, names) == _done(names)
    assert machines.started == 7


def test_a_machine_that_ends_in_the_middle_changes_no_result() -> None:
    names = [f"slow {number}" for number in range(100)]
    machines = Machines(die_at=4)
    assert _run(machines, names) == _done(names)
    assert machines.started > 7
    assert machines.slots() == 2


def test_a_job_that_ends_its_process_costs_itself_alone() -> None:
    names = [*map(str, range(20)), "die", *map(str, range(20, 40)), "exit"]
    found = _run(Machines(), names)
    assert (found.pop("die"), found.pop("exit")) == (WorkerEnd("machine ended"),) * 2
    assert found == _done([name for name in names if name not in {"die", "exit"}])


def test_a_job_that_takes_too_long_is_ended_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.fleet.executors.cluster._PATIENCE", 0.0)
    found = _run(Standing(), ["a", "hang", "b"], 0.0)
    assert found == {**_done(["a", "b"]), "hang": WorkerEnd("timeout")}


def test_a_machine_that_lacks_a_file_of_the_orders_ends_the_audit_with_its_words() -> None:
    with pytest.raises(CollectError, match="no such policy there"):
        _run(Machines(), ["a"], make=make_task_that_cannot)


def test_a_machine_with_another_netaudit_ends_the_audit() -> None:
    with pytest.raises(CollectError, match=r"has netaudit .*, and this machine 0\.0\.1"):
        _run(Machines(release="0.0.1"), ["a"])


def test_groups_are_not_divided() -> None:
    groups = [tuple(_groups(["x"] * size)[number][0] for number in range(size)) for size in (10, 10, 3, 3, 16, 1)]
    assert [len(one) for one in bundles(groups)] == [10, 16, 16, 1]


@pytest.mark.parametrize(("name", "says"), [("spark://x", "is no engine"), ("ray", "is no engine")])
def test_an_engine_that_is_not_known_is_refused(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        choose_executor(name, 0, 600)
