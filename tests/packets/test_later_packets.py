"""Whether rules tell later packets of a connection from first ones: most do not, and that costs next to nothing."""

import pytest
from counted import calls_of

from netaudit.model.netfilter.match import AnyOf, CtState, Field, InRanges, Masked, Match, Not
from netaudit.model.netfilter.statement import Accept, Drop, Meaning, Verdict
from netaudit.packets.symbolic import later

_NEW, _OLD = (InRanges(Field.CT_STATE, ((int(one), int(one)),)) for one in (CtState.NEW, CtState.ESTABLISHED))
_PORT, _ACK = InRanges(Field.DPORT, ((22, 22),)), Masked(Field.TCP_FLAGS, 16, 16)


@pytest.mark.parametrize(
    ("match", "verdict", "differs"),
    [
        (_PORT, Drop(), False),
        (_NEW, Accept(), True),
        (_NEW, Drop(), True),
        (_OLD, Drop(), True),
        (_OLD, Accept(), False),
        (Not(_NEW), Drop(), True),
        (AnyOf((_PORT, _OLD)), Drop(), True),
        (_ACK, Drop(), True),
        (InRanges(Field.CT_REPL_DPORT, ((22, 22),)), Drop(), True),
    ],
)
def test_rules_that_treat_later_packets_otherwise_are_found(match: Match, verdict: Verdict, *, differs: bool) -> None:
    assert later.differs(Meaning((match,), verdict=verdict)) is differs


def test_a_rule_that_asks_nothing_of_connections_is_not_held_against_packets() -> None:
    plain, telling = (Meaning((_PORT, one), verdict=Drop()) for one in (_PORT, _OLD))
    assert calls_of(lambda: later.differs(plain)) < calls_of(lambda: later.differs(telling)) / 2
