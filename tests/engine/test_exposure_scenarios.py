"""The exposure table in some scenarios of the lab, each on one engine; `make probe` tries all, on all."""

from itertools import groupby

import pytest
from lab.probe_all import Run, probe
from lab.scenarios import SCENARIOS, runs
from sampling import SWEEP, WHOLE

pytestmark = pytest.mark.engine


def _one_of_each() -> list[Run]:
    """Choose every fourth scenario, all in a whole sweep, and engines in turn, so that all have their share."""
    names = [scenario.name for scenario in SCENARIOS]
    able = {
        name: [(name, version, backend) for _, version, backend in members]
        for name, members in groupby(runs(), lambda one: one[0].name)
    }
    return [able[name][at % len(able[name])] for at, name in enumerate(names[:: 1 if SWEEP >= WHOLE else 4])]


@pytest.mark.parametrize("run", _one_of_each(), ids=" ".join)
def test_every_cell_equals_what_real_packets_saw(run: Run) -> None:
    tally = probe(run, last_only=True)
    assert tally.failure == ""
    assert tally.disagreements == []
    assert tally.cells > 0
    assert tally.may == 0 or run[0].startswith(("swarm", "macvlan"))
