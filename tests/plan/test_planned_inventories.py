"""Over the recorded scenarios: the inventory that is planned for a command is the one that it really led to."""

from collections.abc import Iterator

import pytest
from plan.client_requests import is_planned, requests_of
from plan.inventories import bound, containers, networks
from plan.recorded import Step, scenarios, steps
from sampling import every

from netaudit.plan.engine.plan import StandIn
from netaudit.store import load

_DIES = "docker run -d --name hungry"  # the kernel ends it for want of memory


def _steps() -> Iterator[Step]:
    for scenario in scenarios():
        yield from (step for step in steps(scenario) if is_planned(step.do) and not step.do.startswith(_DIES))


@pytest.mark.parametrize("step", every(40, _steps(), of_matrix=20), ids=lambda step: step.name)
def test_a_planned_inventory_is_the_one_that_was_recorded_after_the_command(step: Step) -> None:
    before, after = load(step.before), load(step.after)
    engine = StandIn(before, lambda _: ())
    for request in requests_of(step.do, engine.host):
        engine.handle(request)
    planned = engine.planned()
    assert networks(planned.facts_after) == networks(after)
    assert bound(planned, after) == containers(after)
