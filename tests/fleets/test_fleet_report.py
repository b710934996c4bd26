"""The static report of a fleet: every link leads somewhere, and names of hosts are only text."""

import csv
import json
import re
from pathlib import Path

import pytest

from fleets.small import TODAY, audit_here, make_small_fleet, write
from netaudit.errors import TakenError
from netaudit.fleet.query.questions import questions
from netaudit.fleet.site.site import fleet_files
from netaudit.fleet.site.write import write_site
from netaudit.report.fleet.page import FleetPage, render_fleet_page, searchable

pytestmark = pytest.mark.matrix  # an audit of a fleet comes before them
_HOSTILE = '<script>alert(1)</script>/../../etc "x" &amp;'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    make_small_fleet(folder / "recordings")
    made = write(folder / "recordings", "hostile", "28.5.2-iptables-nft/default-one-port/01", host_name=_HOSTILE)
    assert made.exists()
    audit_here(folder / "recordings", folder / "results")
    write_site(folder / "site", fleet_files(folder / "results", TODAY))
    return folder / "site"


def test_every_link_leads_to_a_file_of_the_report(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    links = {(page, to) for page in pages for to in re.findall(r'href="([^"#]+)"', page.read_text())}
    assert len(links) > 50
    assert [(page.name, to) for page, to in links if not (page.parent / to).resolve().is_relative_to(site)] == []
    assert [(page.name, to) for page, to in links if not (page.parent / to).exists()] == []


def test_there_is_a_page_and_data_for_each_question_and_a_page_for_each_host(site: Path) -> None:
    for name in questions():
        assert all((site / f"{name}.{kind}").exists() for kind in ("html", "csv", "jsonl"))
    hosts = list(csv.DictReader((site / "hosts.csv").read_text().splitlines()))
    assert len(list((site / "hosts").iterdir())) == len(hosts) == 8
    lines = (site / "hosts.jsonl").read_text().splitlines()
    assert [json.loads(line)["host"] for line in lines] == sorted(one["host"] for one in hosts)


def test_the_name_of_a_host_is_only_text(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "<script>alert" not in text
        assert text.count("<script") <= 2
    found = re.search(r'id="hosts">(.*?)</script>', (site / "index.html").read_text())
    assert found
    assert any(text.startswith("<script>alert(1)") for text, _ in json.loads(found[1]))


def test_the_page_of_a_host_has_each_way_out_as_a_line_to_copy_and_counts_a_mistake_once(site: Path) -> None:
    text = next((site / "hosts").glob("db-1-*")).read_text()
    commands = re.findall(r"<pre><code>(.*?)</code></pre>", text)
    assert any(one.startswith("limit who may use it, in DOCKER-USER: iptables -I DOCKER-USER") for one in commands)
    assert "db-1: 1 finding of critical or high severity" in text


def test_the_front_page_counts_what_is_new_and_what_was_not_audited(site: Path) -> None:
    text = re.sub(r"<[^>]+>", "", (site / "index.html").read_text())
    assert re.search(r"\b8 hosts", text)
    assert re.search(r"\b1 recordings not audited", text)
    assert "New since last time" in text


def test_a_report_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    write_site(tmp_path / "site", [("index.html", b"first")])
    write_site(tmp_path / "site", [("index.html", b"second")])
    assert (tmp_path / "site" / "index.html").read_bytes() == b"second"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(TakenError):
        write_site(tmp_path / "mine", [("index.html", b"third")])
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mine", "site"]


def test_ten_thousand_hosts_are_a_page_of_one_megabyte() -> None:
    names = [f"shop-{number:05d}" for number in range(10_000)]
    hosts = [(f"{name} Docker 28.5.2+dfsg4 iptables-nft", f"hosts/{name}-0123456789ab.html") for name in names]
    assert len(render_fleet_page(FleetPage("fleet", "10000 hosts", (), searched=searchable(hosts)))) < 1_200_000
