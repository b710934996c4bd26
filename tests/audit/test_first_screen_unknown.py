"""What nobody knows is on the first screen of a page, by name: no number and no headline sounds like "fine"."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

import netaudit
from netaudit.api.formats import Format
from netaudit.api.renderers import render_diff, render_snapshot
from netaudit.cli.commands.program import whole_program
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.store import load, save

SHOP = Path(__file__).parents[1] / "recordings" / "tour" / "shop"
UNSEEN = ("ip6tables-save.txt", "sockets.txt", "sysctl.txt")


@pytest.fixture(scope="module")
def whole() -> Facts:
    return load(SHOP / "10")


@pytest.fixture(scope="module")
def gapped(whole: Facts) -> Facts:
    files = {name: data for name, data in whole.files.items() if name not in UNSEEN}
    gaps = tuple(Gap(name, GapReason.NOT_RECORDED) for name in UNSEEN)
    return replace(whole, files=files, gaps=(*whole.gaps, *gaps))


@pytest.fixture(scope="module")
def pages(gapped: Facts) -> Mapping[str, str]:
    """Return the first screens: of a host, of a change, and of a host where nobody computed who can reach what."""
    auditor = netaudit.load_auditor()
    seen = auditor.audit(gapped)
    judged = netaudit.judge_changes(load(SHOP / "09"), gapped)
    blind = replace(auditor, exposure=netaudit.ComputeExposure.NEVER).audit(gapped)
    made = {
        "host": render_snapshot(seen.shown, Format.HTML, seen),
        "change": render_diff(judged.diff, Format.HTML, None, judged.findings),
        "blind": render_snapshot(blind.shown, Format.HTML, blind),
    }
    return {
        name: page.decode().partition('<section id="exposure"')[0].partition("<main")[2] for name, page in made.items()
    }


def test_a_page_counts_the_checks_that_have_no_answer(pages: Mapping[str, str]) -> None:
    for page in pages.values():
        assert " checks: " in page
        assert " undecided, " in page
        assert " not asked (" in page


def test_a_page_names_what_was_not_seen_before_its_headline(pages: Mapping[str, str]) -> None:
    for page in pages.values():
        facts = page.partition("<h1")[0]
        assert "IPv6 rules of iptables-nft, listening sockets, sysctls" in facts
        assert "what rules let through" in facts


def test_a_page_without_exposure_says_so_before_anything_else(pages: Mapping[str, str]) -> None:
    headline = pages["blind"].partition("<h1")[2].partition("</h1>")[0]
    assert headline.endswith("Not known what can be reached: it was not computed.")
    assert '<span class="number">?</span> <span class="word">critical' in pages["blind"]
    assert '<span class="number">?</span>' not in pages["host"]


def test_a_published_port_stays_listed_where_sockets_were_not_recorded(gapped: Facts) -> None:
    found = {
        (str(one.exposure.destination.binding), one.exposure.outcome)
        for one in netaudit.expose(gapped).exposure or ()
        if one.exposure.zone.kind is ZoneKind.INTERNET and one.exposure.destination.binding
    }
    assert ("[::]:5432 → 5432/tcp", Outcome.MAY) in found
    assert ("[::]:443 → 443/tcp", Outcome.MAY) in found


def test_a_port_is_not_said_to_close_because_sockets_were_not_recorded(gapped: Facts) -> None:
    outside = {ZoneKind.INTERNET, ZoneKind.LAN}
    changes = netaudit.compare(load(SHOP / "09"), gapped).exposure or ()
    sides = [one.after.exposure for one in changes if one.after]
    assert [one for one in sides if one.outcome is Outcome.BLOCKED and one.zone.kind in outside] == []


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--no-exposure",), 4)])
def test_a_strict_report_without_exposure_is_incomplete(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    recording = tmp_path / "rec"
    save(replace(load(SHOP / "10"), gaps=()), recording)
    asked = ["report", str(recording), "--strict", "-o", str(tmp_path / "x.html"), *options]
    assert CliRunner().invoke(whole_program(), asked).exit_code == code


def test_a_report_computes_exposure_at_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.attribute.exposure.compute.AFFORDABLE_CONTAINERS", 1)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(whole_program(), ["report", str(SHOP / "10"), "-o", "x.html"])
    assert "Open to the Internet" in (tmp_path / "x.html").read_text()
