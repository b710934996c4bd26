"""The exposure table against real packets: everybody tries everything, and every cell equals what they saw."""

from collections.abc import Iterator

import pytest
from exposure_scene import Scene, predicted
from lab.engine import VERSIONS, Engine
from lab.host import LabHost
from lab.surroundings import Surroundings

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", params=VERSIONS)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Forwarding is on before the engine starts, so it leaves the policy of FORWARD as it is: accept."""
    with LabHost(uplink=True) as host:
        host.run(
            ["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"]
        )
        with Engine(host, request.param) as engine, Surroundings(host) as around:
            made = Scene(engine, around)
            try:
                yield made.build()
            finally:
                made.close()


def _disagreements(scene: Scene) -> list[str]:
    table = scene.table()
    answers = scene.answers(list(scene.tries()))
    return [
        f"{one}: {predicted(table, one)}, but {answer} answered"
        for one, answer in answers.items()
        if predicted(table, one) != ("allowed" if answer == one.whose else "blocked")
    ]


def test_every_cell_equals_what_real_packets_saw(scene: Scene) -> None:
    assert _disagreements(scene) == []
