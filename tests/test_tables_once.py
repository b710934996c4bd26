"""A table is computed once for equal hosts and equal questions, and never given for others."""

import msgspec
from programs import ONE_PORT
from tables_once import once

from netaudit.model.exposure import Destination, Exposure
from netaudit.model.netfilter.program import Program
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.held import HeldKinds
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.store import load


def test_only_an_equal_host_and_an_equal_question_have_a_table_that_is_known() -> None:
    asked: list[str] = []

    def compute(snapshot: Snapshot, _: Program, choice: ZoneChoice, wanted: object) -> tuple[Exposure, ...]:
        asked.append(f"{snapshot.host_name} {choice.containers} {getattr(wanted, '__name__', '')}")
        return ()

    def own(_: Destination) -> bool:
        return True

    expose = once(compute)
    host, again = (parse_snapshot(load(ONE_PORT / "01")) for _ in range(2))
    expose(host, host.program, ZoneChoice())
    expose(again, again.program)
    assert len(asked) == 1
    other = msgspec.structs.replace(host, host_name="other")
    expose(other, other.program, ZoneChoice())
    expose(host, host.program, ZoneChoice(containers=True))
    expose(host, other.program, ZoneChoice())
    expose(host, host.program, ZoneChoice(), own)
    expose(host, host.program, ZoneChoice(), own)
    with HeldKinds():
        expose(host, host.program, ZoneChoice())
    assert len(asked) == 7
