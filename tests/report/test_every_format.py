"""Whatever a person can name is text in every format, and the same host gives the same bytes."""

import csv
import io
import json
import re
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree as ET

import msgspec
import pytest
from pages import hosts
from sampling import every

from netaudit.api.formats import Format
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.audit.finding import Audit
from netaudit.errors import UsageError
from netaudit.report.csv_table import COLUMNS, render_diff_csv, render_exposure_csv, render_snapshot_csv
from netaudit.report.json.show import render_snapshot as as_json
from netaudit.report.page.picture import render_diff_dot, render_diff_svg, render_snapshot_dot, render_snapshot_svg
from netaudit.report.page.render import render_snapshot_html, render_snapshot_markdown
from netaudit.report.terminal.exposure import render_exposure as exposure_lines
from netaudit.report.terminal.rules import render_snapshot as as_text
from netaudit.report.terminal.style import Style
from netaudit.report.text.sanitize import visible

STEERING = re.compile("[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
FORMATS: dict[str, Callable[[AttributedSnapshot, Audit], str]] = {
    "terminal": lambda shown, _: as_text(shown, Style()),
    "exposure": lambda shown, _: exposure_lines(shown, Style()),
    "markdown": render_snapshot_markdown,
    "html": render_snapshot_html,
    "csv": lambda shown, _: render_snapshot_csv(shown),
    "svg": lambda shown, _: render_snapshot_svg(shown),
    "dot": lambda shown, _: render_snapshot_dot(shown),
    "json": lambda shown, _: as_json(shown).decode(),
}
MARKUP = ("html", "svg")
SVG = "{http://www.w3.org/2000/svg}"


@cache
def hostile() -> tuple[AttributedSnapshot, Audit]:
    return hosts.hostile()


@cache
def small() -> AttributedSnapshot:
    return hosts.small()[0]


@cache
def changed() -> AttributedDiff:
    return hosts.changed()


@pytest.mark.matrix
@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_steer_nothing(form: str) -> None:
    printed = FORMATS[form](*hostile())
    assert STEERING.findall(printed) == []
    assert "onerror=alert(1)" in printed
    assert form not in MARKUP or "<img" not in printed


def test_every_format_is_held_against_hostile_names() -> None:
    assert FORMATS.keys() - {"exposure"} == {str(form) for form in Format}


@pytest.mark.matrix
@pytest.mark.parametrize("form", every(6, FORMATS))
def test_the_same_host_gives_the_same_bytes(form: str) -> None:
    assert FORMATS[form](*hostile()) == FORMATS[form](*hosts.hostile())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_a_line_for_everything() -> None:
    found = rows(render_snapshot_csv(small()))
    assert tuple(found[0]) == COLUMNS
    kinds = [row["what"] for row in found]
    assert kinds.count("rule") == len(small().items)
    assert kinds.count("exposure") == len(small().exposure or ())
    (dnat,) = (row for row in found if row["signature"].endswith("/port-dnat") and row["what"] == "rule")
    assert dnat["text"].endswith("--dport 8209 -j DNAT --to-destination 172.30.0.2:80")
    assert (dnat["containers"], dnat["networks"], dnat["bindings"]) == ("u9", "n9", "0.0.0.0:8209 → 80/tcp")


def test_csv_of_exposure_has_its_rows_alone() -> None:
    found = rows(render_exposure_csv(small()))
    assert {row["what"] for row in found} - {"gap"} == {"exposure"}
    assert {row["outcome_before"] for row in found} == {""}
    assert {row["maker"] for row in found if row["what"] == "exposure" and not row["object"]} == {""}


@pytest.mark.matrix
def test_csv_of_a_diff_has_its_changes_and_what_opened() -> None:
    found = rows(render_diff_csv(changed()))
    assert [row["what"] for row in found].count("change") == len(changed().changes)
    assert {row["change"] for row in found if row["what"] == "change"} == {"added", "altered"}
    opened = [row for row in found if row["what"] == "exposure" and row["from"] == "internet"]
    assert {(row["to"], row["outcome"], row["outcome_before"]) for row in opened} == {
        ("0.0.0.0:8209/tcp", "allowed", ""),
        ("[::]:8209/tcp", "allowed", ""),
    }


def test_no_cell_is_a_formula() -> None:
    cells = [cell for row in rows(render_snapshot_csv(hostile()[0])) for cell in row.values()]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert any(cell.startswith("'-A DOCKER-USER") for cell in cells)


def test_a_picture_is_xml_that_asks_for_nothing() -> None:
    for picture in (render_snapshot_svg(small()), render_diff_svg(changed()), render_snapshot_svg(hostile()[0])):
        root = ET.fromstring(picture)  # noqa: S314 (our own)
        assert root.tag == f"{SVG}svg"
        assert {element.tag for element in root.iter()} & {f"{SVG}script", f"{SVG}image", f"{SVG}a"} == set()
        assert (
            re.findall(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import", picture.replace("http://x.example", ""))
            == []
        )


def test_every_arrow_and_line_of_a_picture_says_all_in_its_title() -> None:
    root = ET.fromstring(render_snapshot_svg(small()))  # noqa: S314 (our own)
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert "internet, lan:eth0 to network n9: allowed" in titles
    decided = "decided by filter/DOCKER#1, ip6:filter/DOCKER#2"
    assert f"u9 80/tcp at 0.0.0.0:8209, [::]:8209, {decided}" in titles


def test_dot_has_an_edge_for_every_zone() -> None:
    printed = render_snapshot_dot(small())
    assert re.search(r'"internet" -> "port 0" \[label="allowed filter/DOCKER#1 docker, for this port", color', printed)
    edges = re.findall(r'^  "(internet|host|network:n9|lan:eth0)" -> ', printed, re.MULTILINE)
    assert sorted(set(edges)) == ["host", "internet", "lan:eth0", "network:n9"]
    assert render_diff_dot(changed()).count("new: allowed") > 5


def test_dot_quotes_what_would_end_a_string() -> None:
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', render_snapshot_dot(hostile()[0]))
    assert any(visible(hosts.HOSTILE).replace("\\", "\\\\").replace('"', '\\"') in text for text in quoted)
    assert re.sub(r'"(?:[^"\\]|\\.)*"', "", render_snapshot_dot(hostile()[0])).count('"') == 0


def test_there_is_no_picture_of_what_was_not_computed() -> None:
    unknown = msgspec.structs.replace(small(), exposure=None)
    for render in (render_snapshot_svg, render_snapshot_dot):
        with pytest.raises(UsageError) as caught:
            render(unknown)
        assert caught.value.hint


def test_json_keeps_names_as_they_are() -> None:
    assert hosts.HOSTILE in {
        cause["container"]["name"]
        for rule in json.loads(as_json(hostile()[0]))["rules"]
        for cause in rule["attribution"]["causes"]
        if "container" in cause
    }


@pytest.mark.matrix
def test_long_names_never_hide_an_address_or_a_port() -> None:
    printed = re.sub(r"\s+", "", as_text(hostile()[0], Style()))
    for text in ("0.0.0.0:8209→80/tcp", "[::1]:8210→81/tcp", "--to-destination172.30.0.2:80"):
        assert text in printed
    assert max(len(line) for line in as_text(hostile()[0], Style()).split("\n")) <= 80
