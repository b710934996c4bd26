"""Exposure in every format: leading a diff, and as a table of its own; what is foreign is made visible."""

import json
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, ExposureChange
from netaudit.audit.risk import gather_mistakes
from netaudit.model.exposure import OUTSIDE, Outcome
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.report.json import diff as json_diff
from netaudit.report.json import exposure as json_exposure
from netaudit.report.page.render import (
    render_diff_html,
    render_diff_markdown,
    render_exposure_markdown,
    render_snapshot_html,
    render_snapshot_markdown,
)
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.exposure import render_exposure
from netaudit.report.terminal.findings.full import render_mistakes
from netaudit.report.terminal.findings.summary import summary_lines
from netaudit.report.terminal.rules import render_diff
from netaudit.report.terminal.style import Style
from netaudit.report.text.exposure import change_lines, is_outside
from netaudit.report.text.reach.rows import as_counted, open_rows

ONE_PORT = Path(__file__).parents[1] / "recordings" / "20.10.24-iptables-nft" / "default-one-port"


@pytest.fixture(scope="module")
def diff() -> AttributedDiff:
    return netaudit.compare(*(netaudit.load(ONE_PORT / step) for step in ("00", "01")))


@pytest.fixture(scope="module")
def shown() -> AttributedSnapshot:
    return netaudit.expose(netaudit.load(ONE_PORT / "01"))


@pytest.mark.matrix
def test_a_diff_leads_with_who_can_reach_what(diff: AttributedDiff) -> None:
    lines = render_diff(diff, Style()).splitlines()
    assert lines[3:6] == [
        "who can reach what",
        "  !  internet, lan:eth0 → web:80/tcp by 0.0.0.0:8080 and [::]:8080: blocked →",
        "     ALLOWED, because `web` was started with -p 8080:80",
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.matrix
def test_every_port_of_two_protocols_reads_as_one(diff: AttributedDiff) -> None:
    said = "→ web 172.17.0.2, every tcp and udp port: blocked → ALLOWED"
    assert said in " ".join(render_diff(diff, Style(detail=Detail.FULL)).split())
    assert said in render_diff_markdown(diff)


def test_a_diff_that_changes_nothing_for_anybody_says_so(diff: AttributedDiff) -> None:
    same = msgspec.structs.replace(diff, exposure=())
    assert "Who can reach what did not change." in render_diff(same, Style())
    assert "Who can reach what did not change." in render_diff_markdown(same)


def test_a_diff_says_why_exposure_was_not_computed(diff: AttributedDiff) -> None:
    gap = "not computed for 99999 rules without --exposure"
    left_out = msgspec.structs.replace(diff, exposure=None, exposure_gap=gap)
    assert f"who can reach what: {gap}" in render_diff(left_out, Style())
    assert f"Who can reach what: {gap}." in render_diff_markdown(left_out)
    printed = json.loads(json_diff.render_diff(left_out))
    assert (printed["exposure"], printed["exposure_computed"], printed["exposure_gap"]) == ([], False, gap)


def test_a_terminal_does_not_count_more_lines_where_it_has_printed_all(diff: AttributedDiff) -> None:
    inside = tuple(one for one in diff.exposure or () if not is_outside(one))
    assert len(change_lines(inside)) > 2
    shown = render_diff(msgspec.structs.replace(diff, exposure=inside), Style())
    assert "because `web` was started" in " ".join(shown.split())
    assert "more (--verbose lists them)" not in shown


def test_json_of_a_diff_has_both_sides_and_the_reason(diff: AttributedDiff) -> None:
    printed = json.loads(json_diff.render_diff(diff))
    assert printed["exposure_computed"] is True
    first = printed["exposure"][0]
    assert (first["before"], first["because"]) == (None, "`web` was started with -p 8080:80")
    assert first["after"]["zone"] == {"kind": "internet", "name": ""}
    assert first["after"]["destination"]["ports"] == [[8080, 8080]]
    assert first["after"]["rule"]["text"].startswith("-A DOCKER -d 172.17.0.2/32")
    assert first["after"]["attribution"]["causes"][0]["container"]["name"] == "web"


def test_the_table_of_a_host_in_a_terminal(shown: AttributedSnapshot) -> None:
    lines = render_exposure(shown, Style(detail=Detail.FULL)).splitlines()
    assert lines[2:5] == [
        "web:80/tcp by 0.0.0.0:8080",
        "  !  ALLOWED  internet, lan:eth0, by a NAT rule (filter/DOCKER#1)",
        "     # for web 0.0.0.0:8080 → 80/tcp on network bridge",
    ]
    assert "every udp port (filter/FORWARD)" in " ".join(" ".join(lines).split())
    assert lines[-1] == "16 rows: 12 allowed, 4 blocked"
    assert max(map(len, lines)) <= 80


def test_a_terminal_says_first_what_is_open_to_whom_and_counts_the_rest(shown: AttributedSnapshot) -> None:
    assert render_exposure(shown, Style()).splitlines()[2:] == [
        "open to internet, lan:eth0",
        "  !  web 80/tcp                          0.0.0.0:8080, [::]:8080",
        "",
        "open to lan:eth0",
        "  !  web 80/tcp                          172.17.0.2",
        "",
        "not listed: 7 rows inside the host, 4 blocked rows (--verbose lists all)",
        "",
        "16 rows: 12 allowed, 4 blocked",
    ]


def test_the_table_of_a_host_as_markdown(shown: AttributedSnapshot) -> None:
    text = render_exposure_markdown(shown)
    assert "| **ALLOWED** | `internet, lan:eth0` |  | by a NAT rule | `filter/DOCKER#1` |" in text
    assert "| blocked | `internet` | every tcp and udp port |" in text


def test_the_table_of_a_host_as_json(shown: AttributedSnapshot) -> None:
    printed = json.loads(json_exposure.render_exposure(shown))
    assert (printed["schema"], printed["exposure_computed"]) == ("netaudit/exposure/v1", True)
    assert len(printed["exposure"]) == 16
    assert printed["exposure"][0]["witness"] == "tcp 198.51.100.7:40000 → 192.0.2.10:8080"


def test_a_hostile_name_is_made_visible(shown: AttributedSnapshot) -> None:
    hostile = msgspec.json.decode(
        msgspec.json.encode(shown).replace(b'"container_name":"web"', b'"container_name":"a\\u001b[2J|`<b>"'),
        type=AttributedSnapshot,
    )
    assert "\x1b" not in render_exposure(hostile, Style())
    text = render_exposure_markdown(hostile)
    assert "\x1b" not in text
    assert "``a" in text, "inside a code span that its backtick does not end"


def _with_gap(diff: AttributedDiff, side: str, source: Source) -> AttributedDiff:
    head = msgspec.structs.replace(getattr(diff, side), gaps=(Gap(source, GapReason.DENIED),))
    return msgspec.structs.replace(diff, exposure=(), **{side: head})


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("source", [Source.SOCKETS, Source.DOCKER_CONTAINERS, Source.IP6TABLES_LEGACY])
def test_a_gap_on_either_side_that_could_hide_a_change_is_never_called_no_change(
    diff: AttributedDiff, side: str, source: Source
) -> None:
    unsure = _with_gap(diff, side, source)
    for page in (render_diff(unsure, Style()), render_diff_markdown(unsure)):
        assert "did not change" not in page
        assert f"{source} could not be seen." in " ".join(page.split())


def test_a_gap_that_says_nothing_of_packets_hides_no_change(diff: AttributedDiff) -> None:
    assert "did not change" in render_diff(_with_gap(diff, "after", Source.DAEMON_JSON), Style())


def test_rows_that_nobody_can_decide_may_have_changed(diff: AttributedDiff) -> None:
    unsure = msgspec.structs.replace(diff, exposure=(), exposure_undecided=2)
    for page in (render_diff(unsure, Style()), render_diff_markdown(unsure)):
        assert "did not change" not in page
        assert "2 rows could not be decided, before or after." in " ".join(page.split())


def test_what_could_be_reached_and_may_be_is_not_called_closed(diff: AttributedDiff) -> None:
    assert diff.exposure
    now = diff.exposure[0].after
    assert now
    unsure = msgspec.structs.replace(now, exposure=msgspec.structs.replace(now.exposure, outcome=Outcome.MAY))
    doubted = msgspec.structs.replace(diff, exposure=(ExposureChange(now, unsure),))
    said = render_diff_markdown(doubted)
    assert "No longer reachable" not in said
    assert "May be open now to the Internet" in said
    decided = render_diff_markdown(msgspec.structs.replace(diff, exposure=(ExposureChange(unsure, now),)))
    assert "Known to be reachable now, which could not be decided before, from the Internet" in decided


def test_a_port_that_was_closed_to_some_senders_says_so(diff: AttributedDiff) -> None:
    assert diff.exposure
    now = diff.exposure[0].after
    assert now
    some = make_reason(ReasonKind.NOT_FOR_ALL, example="tcp 203.0.113.9:40000 → 192.0.2.10:8080")
    partly = msgspec.structs.replace(now, exposure=msgspec.structs.replace(now.exposure, reason=some))
    for sides, turn, sentence in (
        ((now, partly), "ALLOWED → ALLOWED, not for all", "No longer reachable from all of the Internet"),
        ((partly, now), "ALLOWED, not for all → ALLOWED", "Now reachable from all of the Internet"),
    ):
        changed = msgspec.structs.replace(diff, exposure=(ExposureChange(*sides),))
        assert turn in " ".join(render_diff(changed, Style()).split())
        assert sentence in render_diff_markdown(changed)


def test_nothing_is_called_unreachable_where_something_was_not_seen(shown: AttributedSnapshot) -> None:
    head = msgspec.structs.replace(shown.head, gaps=(Gap(Source.DOCKER_CONTAINERS, GapReason.CRASHED),))
    blind = msgspec.structs.replace(shown, head=head, exposure=())
    page = render_snapshot_markdown(blind)
    assert "No port is reachable" not in page
    assert "What is reachable from the Internet is not known: docker-containers.json could not be seen." in page


def test_names_are_sorted_as_people_count() -> None:
    names = ["c10", "c2", "c1", "b", "c2a", "10", "2", "", "c²"]
    assert sorted(names, key=as_counted) == ["", "2", "10", "b", "c1", "c2", "c2a", "c10", "c²"]


def test_every_report_says_alike_that_nobody_knows_what_is_open() -> None:
    facts = netaudit.load(ONE_PORT.parents[1] / "bad" / "nothing-wrong" / "before")
    lost = (Source.DOCKER_CONTAINERS, Source.IP6TABLES_NFT)
    files = {name: data for name, data in facts.files.items() if name not in lost}
    shown = netaudit.expose(
        msgspec.structs.replace(facts, files=files, gaps=tuple(Gap(one, GapReason.NOT_RECORDED) for one in lost))
    )
    said = "is not known: docker-containers.json and ip6tables-save.txt could not be seen."
    printed, page = render_exposure(shown, Style()), render_snapshot_html(shown)
    assert f"What is reachable from the Internet or the LAN {said}" in " ".join(printed.split())
    for text in (printed, page):
        assert said in " ".join(text.split())
        assert "othing is open" not in text
        assert "No port is reachable" not in text


def test_a_page_of_changes_says_nothing_stayed_the_same_where_something_was_not_seen(diff: AttributedDiff) -> None:
    gaps = (Gap(Source.IPTABLES_NFT, GapReason.CRASHED),)
    blind = msgspec.structs.replace(diff, after=msgspec.structs.replace(diff.after, gaps=gaps), exposure=())
    page = render_diff_html(blind)
    assert "it is not known: iptables-save.txt could not be seen." in page
    for sentence in ("Nobody can reach anything that was", "Nothing changed for", "did not change."):
        assert sentence not in page


def test_who_surely_gets_to_a_port_and_who_may_stand_in_rows_of_their_own() -> None:
    folder = ONE_PORT.parents[1] / "20.10.24-iptables-nft" / "macvlan-on-the-lan" / "02"
    rows = open_rows(
        one for one in netaudit.expose(netaudit.load(folder)).exposure or () if one.exposure.zone.kind in OUTSIDE
    )
    found = {(tuple(map(str, row.zones)), row.sure) for row in rows}
    assert found == {(("internet",), False), (("lan:eth0",), True)}
    audit = netaudit.run_checks(netaudit.load(folder))
    text = " ".join(render_mistakes(gather_mistakes(audit.open), Style()).split())
    assert "raw -I PREROUTING" not in text
    assert "no rule of the host sees its packets" in text
    (line,) = [one for one in summary_lines(gather_mistakes(audit.open), Style()) if "Open at its own" in one]
    assert line.split()[:2] == ["high", "internet?"]
