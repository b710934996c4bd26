"""One mistake is one finding, in every format: what counts, counts the same."""

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf

import netaudit
from netaudit.api.formats import AuditFormat
from netaudit.api.renderers import render_audit
from netaudit.audit.finding import Audit, Obeyed
from netaudit.audit.gate import failing
from netaudit.audit.risk import gather_mistakes
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.ci.location import FromRoot, Location, Locator, OneFile
from netaudit.report.terminal.style import Style
from netaudit.report.text.findings.places import describe_what

UFW = "bad/ufw-deny-bypassed/before"


def _render(audit: Audit, form: AuditFormat) -> str:
    failures = failing(audit, Severity.HIGH, FindingConfidence.LOW)
    locator = FromRoot(Locator(netaudit.load(RECORDINGS / UFW).files), f"{RECORDINGS / UFW}/", "/", "/")
    return render_audit(audit, form, Style(), failures, (locator, "")).decode()


def test_every_machine_format_tells_which_finding_is_an_aspect_of_which(audit_of: AuditOf) -> None:
    audit = audit_of(UFW)
    number = len(gather_mistakes(audit.open))
    assert (number, len(audit.open)) == (8, 13)
    found = json.loads(_render(audit, AuditFormat.JSON))["findings"]
    whole = {one["fingerprint"] for one in found if "aspect_of" not in one}
    assert len(whole) == number
    assert {one["aspect_of"] for one in found if "aspect_of" in one} <= whole
    lines = [json.loads(line) for line in _render(audit, AuditFormat.JSONL).splitlines()]
    assert {one["fingerprint"] for one in lines if one["what"] == "finding" and "aspect_of" not in one} == whole
    rows = list(csv.DictReader(io.StringIO(_render(audit, AuditFormat.CSV), newline="")))
    assert {row["fingerprint"] for row in rows if row["what"] == "finding" and not row["aspect_of"]} == whole
    results = json.loads(_render(audit, AuditFormat.SARIF))["runs"][0]["results"]
    own = {one["partialFingerprints"]["netaudit/v1"] for one in results if "aspectOf" not in one["properties"]}
    assert own == whole


def test_what_is_counted_is_counted_the_same(audit_of: AuditOf) -> None:
    audit = audit_of(UFW)
    annotations = _render(audit, AuditFormat.GITHUB).splitlines()
    assert (len(annotations), annotations[-1]) == (9, next(one for one in annotations if "8 findings" in one))
    suite = ET.fromstring(_render(audit, AuditFormat.JUNIT)).find("testsuite")  # noqa: S314 (our own)
    assert suite is not None
    assert suite.attrib["failures"] == "1"
    known = audit_of(UFW, baseline=frozenset(one.fingerprint for one in audit.findings))
    assert 'netaudit_audit_accepted{status="known"} 8' in _render(known, AuditFormat.OPENMETRICS)
    assert "8 in the baseline" in _render(known, AuditFormat.TERMINAL)


def test_a_page_whose_findings_are_all_accepted_does_not_say_that_nothing_was_found(audit_of: AuditOf) -> None:
    audit = audit_of(UFW)
    known = audit_of(UFW, baseline=frozenset(one.fingerprint for one in audit.findings))
    page = _render(known, AuditFormat.HTML)
    assert "No check found anything" not in page
    assert "8 findings, all in the baseline." in page


@pytest.mark.parametrize("form", AuditFormat)
def test_every_format_says_which_configuration_decides(audit_of: AuditOf, form: AuditFormat) -> None:
    settings = (("fail-on", ("none",)), ("skip", ("docker-user-empty",)))
    text = _render(msgspec.structs.replace(audit_of(UFW), obeyed=Obeyed("conf/netaudit.toml\x1b[31m", settings)), form)
    assert "conf/netaudit.toml" in text
    assert "docker-user-empty" in text
    assert "\x1b" not in text
    if form not in (AuditFormat.JSON, AuditFormat.JSONL):
        assert "fail-on none; 1 check skipped: docker-user-empty" in " ".join(text.split())


def test_a_machine_format_cuts_nothing_and_names_every_zone(audit_of: AuditOf) -> None:
    rows = list(csv.DictReader(io.StringIO(_render(audit_of(UFW), AuditFormat.CSV), newline="")))
    assert not [row for row in rows if re.search(r"and \d+ more", row["evidence"])]
    assert rows[0]["reached_from"] == "internet, lan:eth0, host"


def test_the_line_of_a_finding_says_that_the_firewall_denies_it(audit_of: AuditOf) -> None:
    first, second, *_ = gather_mistakes(audit_of(UFW).open)
    assert describe_what(first) == "PostgreSQL is open (ufw denies it; bypassed)"
    assert "bypassed" not in describe_what(second)


def test_markdown_says_what_is_open(audit_of: AuditOf) -> None:
    assert "- `open to internet, lan:eth0: db 5432/tcp" in _render(audit_of(UFW), AuditFormat.MARKDOWN)


def test_the_severity_of_a_rule_is_that_of_its_worst_result(audit_of: AuditOf) -> None:
    run = json.loads(_render(audit_of(UFW), AuditFormat.SARIF))["runs"][0]
    (rule,) = (one for one in run["tool"]["driver"]["rules"] if one["id"] == "sensitive-port-reachable")
    assert rule["properties"]["security-severity"] == "9.5"
    assert rule["helpUri"].startswith("https://")
    assert run["automationDetails"]["id"] == "netaudit/audit/makers/"
    (result,) = (one for one in run["results"] if one["ruleId"] == "sensitive-port-reachable")
    assert "Proof: internet → 0.0.0.0:5432/tcp allowed" in result["message"]["text"]
    assert "To do: " in result["message"]["text"]
    assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_a_path_is_from_the_root_of_the_repository_and_never_climbs(audit_of: AuditOf) -> None:
    finding = audit_of(UFW).findings[0]
    for name, there in (
        ("../w.yaml", Location("w.yaml", recorded=False)),
        ("/repo/a/w.yaml", Location("a/w.yaml", recorded=False)),
        ("../../etc/w", Location("etc/w", recorded=False, outside=True)),
    ):
        assert FromRoot(OneFile(name, {}), "", "/repo", "/repo/sub").locate(finding) == there


def test_ports_with_one_mistake_are_one_finding() -> None:
    many = RECORDINGS / "28.5.2-iptables-nft" / "two-host-ports"
    judged = netaudit.judge_changes(netaudit.load(many / "00"), netaudit.load(many / "01"))
    wider = [one for one in judged.findings.audit.findings if one.check.id == "exposure-wider-than-before"]
    assert len({one.about for one in wider}) == len(wider)
