"""Where nothing changed between two recordings, nothing is new and nothing is gone: no check has to be put for that."""

import re
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from audit.conftest import RECORDINGS
from sampling import sampled

import netaudit
from netaudit.api.audits import judge_changes
from netaudit.attribute.exposure import touched
from netaudit.audit import changed
from netaudit.audit.changed import JudgedDiff, is_unchanged
from netaudit.model.facts import Facts, Source
from netaudit.parse import parse_snapshot
from netaudit.report.page.render import render_diff_html, render_diff_markdown
from netaudit.report.terminal.rules import render_diff
from netaudit.report.terminal.style import Style

HOSTS = sorted(path.relative_to(RECORDINGS) for path in (RECORDINGS / "bad").glob("*/after"))
ONE_PORT = netaudit.load(RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01")


def _with(facts: Facts, source: Source, data: bytes) -> Facts:
    return msgspec.structs.replace(facts, files={**facts.files, source: data})


def _counted_on(facts: Facts) -> Facts:
    """Return the same host, whose rules met one packet more each."""
    saved = facts.files.get(Source.IPTABLES_NFT, b"")
    counted = re.sub(rb"(?m)^\[(\d+):", lambda found: b"[%d:" % (int(found[1]) + 1), saved)
    return _with(facts, Source.IPTABLES_NFT, counted) if saved else facts


def _printed(judged: JudgedDiff) -> tuple[str, str]:
    return (
        render_diff(judged.diff, Style(), None, judged.findings),
        render_diff_html(judged.diff, None, judged.findings),
    )


@pytest.mark.parametrize("host", sampled(HOSTS, HOSTS[::16]), ids=str)
def test_a_host_of_which_nothing_changed_is_reported_as_with_all_checks(host: Path) -> None:
    facts = netaudit.load(RECORDINGS / host)
    with patch("netaudit.audit.auditor.run", side_effect=AssertionError("a check was put")):
        quick = judge_changes(facts, _counted_on(facts))
    with patch.object(changed, "is_unchanged", return_value=False):
        whole = judge_changes(facts, _counted_on(facts))
    assert _printed(quick) == _printed(whole)
    found = quick.findings
    assert (found.new, found.seen, found.gone, found.lost) == ((), (), (), ())


def _without_a_rule(facts: Facts) -> Facts:
    lines = facts.files[Source.IPTABLES_NFT].splitlines(keepends=True)
    dropped = next(at for at, line in enumerate(lines) if line.endswith(b"-j DROP\n"))
    return _with(facts, Source.IPTABLES_NFT, b"".join(lines[:dropped] + lines[dropped + 1 :]))


def _with_a_switch(facts: Facts) -> Facts:
    return _with(facts, Source.SYSCTL, facts.files[Source.SYSCTL].replace(b"ip_forward = 1", b"ip_forward = 0"))


def _without_containers(facts: Facts) -> Facts:
    return _with(facts, Source.DOCKER_CONTAINERS, b"[]")


@pytest.mark.parametrize("change", [_without_a_rule, _with_a_switch, _without_containers])
def test_whatever_checks_read_has_to_be_the_same(change: Callable[[Facts], Facts]) -> None:
    before, after = parse_snapshot(ONE_PORT), parse_snapshot(change(ONE_PORT))
    assert is_unchanged(before, parse_snapshot(_counted_on(ONE_PORT)))
    assert not is_unchanged(before, after)


@pytest.mark.parametrize(
    ("few", "unknown"), [(600, "could not be decided"), (1, "of 1 container not all that decides was recorded")]
)
def test_what_no_recording_holds_may_have_changed_between_two_that_are_alike(few: int, unknown: str) -> None:
    """An ipset was emptied, and its members were in neither recording; of a large host no row is computed for that."""
    rule = b"[0:0] -A DOCKER-USER -i eth0 -m set --match-set blocklist src -j DROP\n[0:0] -A FORWARD"
    saved = ONE_PORT.files[Source.IPTABLES_NFT].replace(b"[0:0] -A FORWARD", rule, 1)
    facts = _with(ONE_PORT, Source.IPTABLES_NFT, saved)
    with patch.object(touched, "_FEW", few):
        diff = judge_changes(facts, _counted_on(facts)).diff
    for page in (render_diff(diff, Style()), render_diff_markdown(diff)):
        assert "did not change" not in page
        assert unknown in " ".join(page.split())
    assert "Nothing changed in what could be seen." in render_diff_html(diff)
