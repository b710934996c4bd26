"""What a kernel did with random packets under random rulesets, and with their answers, is what trace and sets say.

tests/kernel/recorded.py wrote it down; tests/kernel/test_agreement.py asks a kernel anew.
"""

from pathlib import Path

import pytest
from kernel.comparing import Tally
from kernel.recorded import FOLDER, PACKETS, SEEDS, replay

RECORDED = sorted(FOLDER.glob("[0-9]*.json"))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_every_packet_goes_the_way_that_the_kernel_led_it(path: Path) -> None:
    tally = Tally()
    replay(path, tally)
    assert [str(one) for one in tally.disagreements] == []
    assert tally.pairs.total() >= PACKETS


def test_every_ruleset_is_there() -> None:
    assert len(RECORDED) == len(SEEDS)
