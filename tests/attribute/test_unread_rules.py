"""Rules that were not read on one side of a diff did not come or go."""

from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.report.terminal.rules import render_diff
from netaudit.report.terminal.style import Style

RECORDINGS = Path(__file__).parent.parent / "recordings"
HOST = "28.5.2-iptables-nft/default-one-port/02"
LEGACY = "20.10.24-iptables-legacy/default-one-port/01"


def _without(host: str, source: Source, reason: GapReason = GapReason.NOT_RECORDED) -> Facts:
    facts = netaudit.load(RECORDINGS / host)
    files = {name: data for name, data in facts.files.items() if name != source}
    return msgspec.structs.replace(facts, files=files, gaps=(*facts.gaps, Gap(source, reason)))


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(("host", "source"), [(HOST, Source.IPTABLES_NFT), (LEGACY, Source.IPTABLES_LEGACY)])
def test_rules_that_one_side_did_not_read_neither_came_nor_went(host: str, source: Source, side: str) -> None:
    facts = netaudit.load(RECORDINGS / host)
    sides = {"before": facts, "after": facts, side: _without(host, source)}
    diff = netaudit.compare(sides["before"], sides["after"])
    assert diff.changes == ()
    assert "No rule, chain or policy that was seen changed." in render_diff(diff, Style())


def test_rules_of_other_sources_are_compared_all_the_same() -> None:
    before = _without("28.5.2-iptables-nft/dual-stack/00", Source.IPTABLES_NFT)
    diff = netaudit.compare(before, netaudit.load(RECORDINGS / "28.5.2-iptables-nft/dual-stack/02"))
    assert {one.change.item.family for one in diff.changes} == {"ip6"}


def test_rules_whose_program_came_since_are_new() -> None:
    before = _without(LEGACY, Source.IPTABLES_LEGACY, GapReason.ABSENT)
    assert netaudit.compare(before, netaudit.load(RECORDINGS / LEGACY)).changes


def test_routes_that_one_side_did_not_read_are_no_cause() -> None:
    facts = netaudit.load(RECORDINGS / HOST)
    diff = netaudit.compare(facts, _without(HOST, Source.IP_ROUTE), netaudit.ComputeExposure.ALWAYS)
    page = render_diff(diff, Style())
    assert "routing table" not in page
    assert "did not change" not in page
