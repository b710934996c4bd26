import json
from collections.abc import Callable
from pathlib import Path

import pytest

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.errors import OwnTemplateError
from netaudit.report.json.show import render_snapshot
from netaudit.report.page.template_model import model_of
from netaudit.report.templating.sandbox import render_with

Edits = dict[str, Callable[[str], str]]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]
EXAMPLES = Path(__file__).parents[2] / "templates" / "examples"


def test_a_template_sees_the_json_document(make_snapshot: MakeSnapshot) -> None:
    snapshot = make_snapshot()
    printed = render_with("{{ report | tojson }}", "all.json.j2", model_of(snapshot))
    assert json.loads(printed) == json.loads(render_snapshot(snapshot))


def test_a_template_sees_the_verdict_and_the_version_of_its_model(make_diff: MakeDiff) -> None:
    printed = render_with("{{ model }}: {{ verdict[0] }}", "x.txt", model_of(make_diff()))
    assert printed == (
        "netaudit/template/v1: 3 rules were added by one container: web publishes 0.0.0.0:8080 → 80/tcp."
    )


def test_the_examples_print_what_they_say(make_diff: MakeDiff, make_snapshot: MakeSnapshot) -> None:
    ticket = render_with((EXAMPLES / "ticket.txt.j2").read_text(), "ticket.txt.j2", model_of(make_diff()))
    assert "added   nat/DOCKER  -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT" in ticket
    assert ticket.endswith("2026-01-02T03:04:01Z, recording " + make_diff().after.sha256[:12] + "\n")
    makers = render_with((EXAMPLES / "makers.html.j2").read_text(), "makers.html.j2", model_of(make_snapshot()))
    assert "<tr><td>docker</td><td>22</td><td>0</td></tr>" in makers


FORBIDDEN = [
    "{{ ''.__class__.__mro__ }}",
    "{{ report.__class__ }}",
    "{{ self.__init__.__globals__ }}",
    "{% set _ = report.update({'rules': []}) %}",
    "{{ cycler.__init__.__globals__.os.system('true') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'report.html.j2' as x %}",
    "{% extends 'report.html.j2' %}",
    "{{ 'x' * 10000000000 }}",
    "{{ [1] * 10000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% for i in range(10000000000) %}x{% endfor %}",
    "{{ report.nothing }}",
    "{{ 1 / 0 }}",
    "{% if %}",
]


@pytest.mark.parametrize("source", FORBIDDEN)
def test_a_template_can_neither_reach_out_nor_run_away(make_snapshot: MakeSnapshot, source: str) -> None:
    with pytest.raises(OwnTemplateError) as caught:
        render_with(source, "bad.html.j2", model_of(make_snapshot()))
    assert caught.value.message.startswith("bad.html.j2: ")
    assert caught.value.hint


def test_hostile_names_are_escaped_where_markup_is_printed(
    make_diff: MakeDiff, hostile: Edits, hostile_name: str
) -> None:
    source = "{% for one in report.changes %}{% for c in one.attribution.causes %}{{ c.container.name }}{% endfor %}"
    source += "{% endfor %}"
    model = model_of(make_diff(edits=hostile))
    as_markup = render_with(source, "x.html.j2", model)
    assert "<img" not in as_markup
    assert "&lt;img src=x" in as_markup
    as_text = render_with(source, "x.txt.j2", model)
    assert "\x1b" not in as_text
    assert "\\x1b[31m" in as_text
    assert hostile_name[:8] in as_text
