"""Matches as sets of packets on one host: what surely fits, and what may, where a part cannot be decided."""

from functools import cache
from pathlib import Path

import pytest

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
)
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.symbolic.encoding.host_sets import HostSets
from netaudit.packets.symbolic.encoding.matches import Encoder
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDING = Path(__file__).parents[1] / "recordings" / "20.10.24-iptables-nft/default-one-port/01"
WEB, DNS = InRanges(Field.DPORT, ((80, 80),)), InRanges(Field.DPORT, ((53, 53),))
SET, RATE = UnknownMatch("-m set", "no set"), Sometimes("-m limit")


@cache
def _world() -> HostSets:
    snapshot = parse_snapshot(load(RECORDING))
    assert snapshot.inventory
    return Reachability(snapshot.host, snapshot.inventory, snapshot.program, Family.IP, ZoneChoice()).world


@pytest.mark.parametrize(
    ("match", "sure", "possible"),
    [
        (ALWAYS, ALWAYS, ALWAYS),
        (NEVER, NEVER, NEVER),
        (SET, NEVER, ALWAYS),
        (Not(SET), NEVER, ALWAYS),
        (Not(RATE), NEVER, ALWAYS),
        (AllOf((WEB, SET)), NEVER, WEB),
        (Not(AllOf((WEB, SET))), Not(WEB), ALWAYS),
        (AnyOf((WEB, SET)), WEB, ALWAYS),
        (Not(AnyOf((WEB, SET))), NEVER, Not(WEB)),
        (AllOf((AnyOf((WEB, SET)), AnyOf((DNS, SET)))), NEVER, ALWAYS),
        (AnyOf((AllOf((WEB, SET)), DNS)), DNS, AnyOf((WEB, DNS))),
        (AllOf((WEB, DNS)), NEVER, NEVER),
    ],
    ids=str,
)
def test_what_cannot_be_decided_lies_between_what_surely_fits_and_what_may(
    match: Match, sure: Match, possible: Match
) -> None:
    encoder = Encoder(_world())
    found = encoder.bounds(match)
    assert (found.sure, found.possible) == (encoder.bounds(sure).sure, encoder.bounds(possible).possible)
    assert found.exact == (found.sure == found.possible)
    assert encoder.all_of((match, WEB)).possible == found.possible & encoder.bounds(WEB).sure


def test_numbers_are_compared_in_ranges_and_in_bits() -> None:
    world, encoder = _world(), Encoder(_world())
    ports = encoder.bounds(InRanges(Field.SPORT, ((1, 2), (5, 6)))).sure
    assert world.space.values.ranges(ports, Field.SPORT) == ((1, 2), (5, 6))
    odd = encoder.bounds(AllOf((Masked(Field.SPORT, 0xFFF1, 1), InRanges(Field.SPORT, ((0, 20),))))).sure
    assert world.space.values.ranges(odd, Field.SPORT) == tuple((port, port) for port in (1, 3, 5, 7, 9, 11, 13, 15))


def test_names_are_those_of_the_hosts_interfaces() -> None:
    world, encoder = _world(), Encoder(_world())
    fitting = {pattern: encoder.bounds(Named(Field.IIF, (pattern,))) for pattern in ("eth0", "doc*", "gone", "*")}
    assert fitting["eth0"].sure == world.at(Field.IIF, "eth0")
    assert fitting["doc*"].sure == world.at(Field.IIF, "docker0")
    assert not fitting["gone"].possible
    assert fitting["*"].sure == world.space.union(world.at(Field.IIF, name) for name in world.interfaces if name)
    assert all(one.exact for one in fitting.values())


def test_what_is_the_same_for_all_packets_fits_all_or_none() -> None:
    encoder = Encoder(_world())
    four, six = (encoder.bounds(InRanges(Field.NFPROTO, ((number, number),))) for number in (2, 10))
    assert four.sure.is_everything()
    assert not six.possible
