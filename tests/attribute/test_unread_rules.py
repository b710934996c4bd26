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


def test_what_was_read_on_both_sides_is_compared_though_a_paste_is_cut(tmp_path: Path) -> None:
    whole = "*filter\n:INPUT {0} [0:0]\n:FORWARD {0} [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
    (tmp_path / "before.txt").write_text(whole.format("DROP") + "COMMIT\n")
    (tmp_path / "after.txt").write_text(whole.format("ACCEPT"))  # its end is cut off
    diff = netaudit.compare(*(netaudit.load(tmp_path / name) for name in ("before.txt", "after.txt")))
    assert {one.change.item.text for one in diff.changes} == {":INPUT ACCEPT", ":FORWARD ACCEPT"}


def test_a_set_is_compared_where_nfts_ruleset_was_not_read(tmp_path: Path) -> None:
    for side, members in (("before", ""), ("after", "add friends 198.51.100.7\n")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "iptables-save.txt").write_text("*filter\n:INPUT DROP [0:0]\nCOMMIT\n")
        kind = "create friends hash:ip family inet hashsize 1024 maxelem 65536\n"
        (tmp_path / side / "ipset-save.txt").write_text(kind + members)
    diff = netaudit.compare(netaudit.load(tmp_path / "before"), netaudit.load(tmp_path / "after"))
    assert [one.change.item.where for one in diff.changes] == ["ipset/friends"]


def test_an_operators_chain_named_like_dockers_makes_no_missing_rule_uncertain() -> None:
    facts = _without("29.7.2-iptables-nft/routed-second-network/04", Source.DOCKERD_ARGV, GapReason.DENIED)
    rules = facts.files[Source.IPTABLES_NFT].decode()
    cut = "".join(line for line in rules.splitlines(keepends=True) if "-j DOCKER-USER" not in line)
    own = cut.replace("*filter\n", "*filter\n:DOCKER-EXTRA - [0:0]\n")
    missing = [
        [one.item.text for one in netaudit.show(msgspec.structs.replace(facts, files=files)).missing]
        for files in ({**facts.files, Source.IPTABLES_NFT: text.encode()} for text in (cut, own))
    ]
    assert missing[0] == missing[1] == ["-A FORWARD -j DOCKER-USER"]
