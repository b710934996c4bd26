"""Entries that are judged alone: the cells that they ask about say what the same cells of the whole table say."""

import datetime as dt
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest
from programs import RECORDINGS
from sampling import HOSTS, SHOP, sampled

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute.attributor import Attributor
from netaudit.model.snapshot import Snapshot
from netaudit.packets.sets.stock import SpaceStock
from netaudit.parse import parse_snapshot
from netaudit.policy.alone import judge_alone
from netaudit.policy.entry import Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.hold import Holder

TODAY = dt.date(2026, 11, 28)
ASKED = 3  # containers of a host


def sentences(host: Snapshot) -> Iterator[str]:
    """Say something of each form about some containers of a host, and about the host itself."""
    known = host.inventory.containers if host.inventory else ()
    names = [one.name for one in islice((one for one in known if one.running), ASKED)]
    networks = sorted({end.network_name for one in known if one.running for end in one.endpoints})
    for one in names:
        yield f"internet can reach {one}"
        yield f"internet cannot reach {one}:80"
        yield f"lan can reach {one}:80/tcp over ipv4"
        yield f"host can reach {one}:80"
        yield f"nothing reaches {one} but lan"
        yield from (f"{other} can reach {one}:80" for other in names if other != one)
        yield from (f"network:{name} cannot reach {one}" for name in networks)
    yield from ("internet cannot reach host", "lan can reach host:22", "anything cannot reach host:2375")
    yield from (f"networks {one} and {other} are isolated" for one, other in pairwise(networks))


@pytest.mark.parametrize("recording", sampled(HOSTS, (SHOP, "28.5.2-iptables-legacy/operators-rules/05")))
def test_each_entry_is_judged_as_in_the_whole_table(recording: str) -> None:
    host = parse_snapshot(netaudit.load(RECORDINGS / recording))
    entries = tuple(map(parse_entry, sentences(host)))
    whole = Holder(shipped_catalog(), TODAY).hold(host, Policy(entries)).assertion.judged
    attribute = Attributor.of(host, shipped_catalog()).attribute
    with SpaceStock():
        for entry, expected in zip(entries, whole, strict=True):
            assert judge_alone(host, (entry,), attribute, TODAY) == (expected,), entry.text
