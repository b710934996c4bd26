"""A plan in every format: exposure first, in the words of what has not happened, and all of it text."""

import json
import re
from collections.abc import Callable

import jsonschema
import pytest
from pages import json_schema, plans

import netaudit
from netaudit.api.formats import PlanFormat
from netaudit.model.plan import AssumptionKind, assume
from netaudit.plan.pitfalls import find_pitfalls
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.plan import render_plan
from netaudit.report.terminal.style import Style
from netaudit.report.text.plan.assumptions import describe_assumption, describe_settling
from netaudit.report.text.plan.words import summarise_plan

STEERING = re.compile("[\x00-\x09\x0b-\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
LOOPBACK = "target=80,published=8080,host_ip=127.0.0.1"


@pytest.fixture(scope="module")
def text() -> str:
    return netaudit.render(plans.small())


def test_who_could_reach_what_goes_first_then_findings_then_rules(text: str) -> None:
    parts = ("who could reach what", "findings that it would bring", "web 0.0.0.0:8080", "assumed")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "blocked → would be ALLOWED" in " ".join(text.split())
    assert "nothing was run or changed on the host" in " ".join(text.splitlines()[-2:])


def test_evidence_is_printed_where_it_is_asked_for_and_one_line_where_no_more_is(text: str) -> None:
    plan = plans.small()
    whole = render_plan(plan, Style(detail=Detail.FULL))
    assert "  to do    " in whole
    assert "  to do    " not in text
    assert len(whole.splitlines()) > len(text.splitlines())
    assert render_plan(plan, Style(detail=Detail.QUIET)) == f"{summarise_plan(plan)}\n"


def test_the_address_that_the_client_drops_is_said_before_all_else(text: str) -> None:
    said = " ".join(text.split())
    assert "the command does not do what it says ! -p target=80,published=8080,host_ip=127.0.0.1:" in said
    assert said.index("host_ip=127.0.0.1 (of the long form") < said.index("who could reach what")


def test_a_change_is_likely_where_it_hangs_on_an_assumption_about_its_container() -> None:
    changes = json.loads(netaudit.render(plans.small(), PlanFormat.JSON))["changes"]
    assert {one["certainty"] for one in changes} == {"likely"}
    (reason,) = {one["certainty_reason"] for one in changes}
    assert reason.startswith("the addresses of network bridge")


def test_the_document_is_valid_and_has_what_a_diff_has() -> None:
    document = json.loads(netaudit.render(plans.small(), PlanFormat.JSON))
    jsonschema.validate(document, json.loads(json_schema.PATH.read_text()))
    of_diff = {"before", "after", "changes", "missing", "defects", "exposure", "exposure_computed", "coverage"}
    assert of_diff | {"requests", "symbols", "assumptions", "findings"} <= document.keys()
    assert document["symbols"] == [{"name": "host port of web", "kind": "host-port", "range": "32768-60999"}]
    assert document["assumptions"][1]["settled_by"] == "whether its program keeps running"


def test_only_findings_that_the_command_brings_are_in_it() -> None:
    plan = plans.small()
    names = {one["check"] for one in json.loads(netaudit.render(plan, PlanFormat.JSON))["findings"]}
    assert "published-port-open-to-world" in names
    before = {one.fingerprint for one in netaudit.run_checks(netaudit.load(plans.TWO_PORTS / "00")).findings}
    assert before.isdisjoint(one.fingerprint for one in plan.new)
    sarif = json.loads(netaudit.render(plan, PlanFormat.SARIF))["runs"][0]["results"]
    assert {one["ruleId"] for one in sarif} == names | {"command-does-not-do-what-it-says", "engine-would-refuse"}


@pytest.mark.parametrize("form", [PlanFormat.MARKDOWN, PlanFormat.HTML])
def test_pages_say_what_would_be(form: PlanFormat) -> None:
    page = netaudit.render(plans.small(), form)
    assert "Would be reachable from the Internet" in page
    assert "Nothing was run or changed on the host." in page
    assert " were added" not in page
    assert "Assumed" in page


@pytest.mark.matrix
@pytest.mark.parametrize("form", PlanFormat)
def test_words_of_others_steer_nothing(form: PlanFormat) -> None:
    printed = netaudit.render(plans.hostile(), form)
    assert STEERING.findall(printed) == []
    assert form is not PlanFormat.HTML or "<img" not in printed


@pytest.mark.parametrize("spell", ["-p|{}", "-p{}", "--publish|{}", "--publish={}"])
def test_every_spelling_of_the_long_form_is_seen(spell: str) -> None:
    (found,) = find_pitfalls(("docker", "run", *spell.format(LOOPBACK).split("|"), "image"))
    assert dict(found.args) == {"option": LOOPBACK, "key": "host_ip", "value": "127.0.0.1"}


@pytest.mark.parametrize("words", [("-p", "127.0.0.1:8080:80"), ("-p", "target=80,published=8080,protocol=udp")])
def test_what_the_client_sends_as_it_is_written_is_no_pitfall(words: tuple[str, ...]) -> None:
    assert find_pitfalls(("docker", "run", *words, "image")) == ()


@pytest.mark.parametrize("option", ["--publish", "-p"])
def test_a_service_is_sent_its_mode(option: str) -> None:
    spec = "published=8081,target=80,mode=host"
    assert find_pitfalls(("docker", "--context", "lab", "service", "create", option, spec, "image")) == ()
    assert find_pitfalls(("docker", "service", "create", f"--publish={spec}", "image")) == ()
    assert find_pitfalls(("docker", "run", option, spec, "service", "create")) != ()


@pytest.mark.parametrize("kind", AssumptionKind)
def test_every_assumption_has_a_sentence_and_a_fact_that_settles_it(kind: AssumptionKind) -> None:
    one = assume(kind, container="web", image="nginx", network="n", subnet="172.18.0.0/16", containers="a, b")
    describe: Callable[..., str]
    for describe in (describe_assumption, describe_settling):
        assert describe(one)
