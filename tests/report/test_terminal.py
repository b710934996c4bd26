import re
from collections.abc import Callable

import pytest

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, SnapshotHead
from netaudit.model.facts import Gap, GapReason
from netaudit.report.terminal.rules import render_diff, render_snapshot
from netaudit.report.terminal.style import Style
from netaudit.report.text.grouping import Grouping
from netaudit.report.text.unseen import Tense, describe_no_rule_change

Edits = dict[str, Callable[[str], str]]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]
PLAIN = Style()
STEPS = [
    pytest.param(scenario, *steps, id=f"{scenario} {'-'.join(steps)}")
    for scenario in (
        "29.0.0-iptables-nft/default-one-port",
        "29.0.0-iptables-nft/user-net-ipv6",
        "29.0.0-nftables/default-one-port",
    )
    for steps in (("00", "01"), ("01", "02"), ("00", "02"))
]


def too_long(text: str) -> list[str]:
    return [line for line in text.split("\n") if len(line) > 80]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(("scenario", "before", "after"), STEPS)
def test_a_diff_fits_into_80_columns_and_cuts_nothing(
    make_diff: MakeDiff, scenario: str, before: str, after: str
) -> None:
    diff = make_diff(scenario, before, after)
    printed = render_diff(diff, PLAIN)
    assert too_long(printed) == []
    texts = [one.change.item.text for one in diff.changes]
    assert [text for text in texts if squeezed(text) not in squeezed(printed)] == []


@pytest.mark.parametrize("grouping", Grouping)
@pytest.mark.parametrize("scenario", ["29.0.0-iptables-nft/user-net-ipv6", "29.0.0-nftables/default-one-port"])
def test_a_snapshot_fits_into_80_columns_and_cuts_nothing(
    make_snapshot: MakeSnapshot, scenario: str, grouping: Grouping
) -> None:
    snapshot = make_snapshot(scenario)
    printed = render_snapshot(snapshot, PLAIN, grouping)
    assert too_long(printed) == []
    texts = [one.item.text for one in snapshot.items if one.item.object == "rule"]
    assert [text for text in texts if squeezed(text) not in squeezed(printed)] == []


def test_each_kind_of_news_has_its_symbol(make_diff: MakeDiff, without_drop: Edits) -> None:
    printed = render_diff(make_diff(edits=without_drop), PLAIN)
    marks = {line.split()[0] for line in printed.split("\n") if re.match(r"  [-+~>!?]", line)}
    assert marks == {"+", "-", "+?", "!"}
    assert printed.endswith("4 added, 1 removed, 0 altered, 0 moved, 1 missing, 1 unattributed; 5 gaps, see above\n")


def test_no_change_is_said_in_words(make_diff: MakeDiff) -> None:
    assert "No rule, chain or policy that was seen changed." in render_diff(make_diff(before="01"), PLAIN)


def test_what_could_not_be_made_in_a_replica_may_have_changed_a_rule() -> None:
    gaps = [Gap(source, GapReason.PARTIAL) for source in ("replica", "sysctl.txt")]
    heads = [SnapshotHead("lab", "", (gap,), "") for gap in gaps]
    assert describe_no_rule_change(heads[:1], Tense.PLANNED) == "No rule, chain or policy that was seen would change."
    assert describe_no_rule_change(heads[1:], Tense.PLANNED) == "No rule, chain or policy would change."


def test_hostile_names_are_shown_and_not_obeyed(make_diff: MakeDiff, hostile: Edits) -> None:
    printed = render_diff(make_diff(edits=hostile), PLAIN)
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed) == []
    assert "\\x1b[31m" in printed
    assert "\\u202e" in printed


def test_colour_comes_on_demand_and_changes_no_word(make_diff: MakeDiff, without_drop: Edits) -> None:
    diff = make_diff(edits=without_drop)
    plain, coloured = render_diff(diff, PLAIN), render_diff(diff, Style(colour=True))
    assert "\x1b" not in plain
    assert "\x1b[32m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_matches_its_golden(make_diff: MakeDiff, golden: Callable[[str, str], None]) -> None:
    golden("diff.txt", render_diff(make_diff(), PLAIN))
