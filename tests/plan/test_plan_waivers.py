"""A plan never hides what something accepts, and who asks for a change does not judge it by a label of his own."""

import datetime as dt
import json
from functools import cache

import msgspec
import pytest
from programs import RECORDINGS

import netaudit
from netaudit.api.formats import PlanFormat
from netaudit.api.renderers import render_plan
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.gate import failing
from netaudit.audit.plan_auditor import judge_plan
from netaudit.audit.planned import JudgedPlan, judged_findings
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshots
from netaudit.plan.planned import Planned
from netaudit.report.ci.location import Locator
from netaudit.report.terminal.style import Style

BEFORE, AFTER = (RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / step for step in ("00", "01"))
OPEN = "published-port-open-to-world"
LABEL = (f"netaudit.waive.{OPEN}", "reason=needed; owner=me; until=2099-01-01")


def _labelled(snapshot: Snapshot) -> Snapshot:
    assert snapshot.inventory
    containers = [msgspec.structs.replace(one, waivers=(LABEL,)) for one in snapshot.inventory.containers]
    inventory = msgspec.structs.replace(snapshot.inventory, containers=tuple(containers))
    return msgspec.structs.replace(snapshot, inventory=inventory)


@cache
def _plan(*, own_labels: bool = False, label: bool = True, there: bool = False, waivers: bool = False) -> JudgedPlan:
    before, after = parse_snapshots(netaudit.load(BEFORE), netaudit.load(AFTER))
    auditor: Auditor = netaudit.load_auditor()
    if waivers:
        accepted = Waiver(OPEN, "*", "needed", "me", dt.date(2099, 1, 1), "waivers.toml:1")
        auditor = msgspec.structs.replace(auditor, plan=msgspec.structs.replace(auditor.plan, waivers=(accepted,)))
    after = _labelled(after) if label else after
    if there:
        assert before.inventory
        assert after.inventory
        before = msgspec.structs.replace(before, inventory=after.inventory)
    return judge_plan(Planned(before=before, after=after, title="run web"), auditor, own_labels=own_labels)


def test_a_label_that_the_command_brings_waives_nothing_and_is_told() -> None:
    plan = _plan()
    assert OPEN in {one.check.id for one in plan.new}
    assert [one.place for one in plan.unheeded] == [f"label {LABEL[0]} of container web"]
    assert OPEN in {one.check.id for one in failing(judged_findings(plan), Severity.MEDIUM, FindingConfidence.LOW)}


def test_a_label_counts_where_that_is_asked_for_and_where_the_container_had_it_before() -> None:
    for plan in (_plan(own_labels=True), _plan(there=True)):
        assert OPEN not in {one.check.id for one in plan.new}
        assert not plan.unheeded


@pytest.mark.parametrize("form", PlanFormat)
def test_every_format_says_that_a_label_does_not_count(form: PlanFormat) -> None:
    text = " ".join(render_plan(_plan(), form, Style(), (Locator({}), "")).decode().split())
    assert LABEL[0] in text
    assert "unheeded" in text if form is PlanFormat.JSON else "the command brings it itself" in text


@pytest.mark.parametrize("form", PlanFormat)
def test_every_format_lists_what_is_accepted(form: PlanFormat) -> None:
    plan = _plan(label=False, waivers=True)
    assert OPEN in {one.check.id for one in plan.accepted}
    text = render_plan(plan, form, Style(), (Locator({}), "")).decode()
    assert "waivers.toml:1" in text
    assert OPEN in text
    match form:
        case PlanFormat.JSON:
            found = {one["check"]: one for one in json.loads(text)["findings"]}
            assert found[OPEN]["status"] == "waived"
        case PlanFormat.SARIF:
            results = {one["ruleId"]: one for one in json.loads(text)["runs"][0]["results"]}
            assert results[OPEN]["suppressions"][0]["status"] == "accepted"
        case _:
            assert " waived" in text


def test_a_command_that_takes_a_waiver_away_brings_the_finding() -> None:
    before, after = parse_snapshots(netaudit.load(AFTER), netaudit.load(AFTER))
    plan = judge_plan(Planned(before=_labelled(before), after=after, title="x"), netaudit.load_auditor())
    assert OPEN in {one.check.id for one in plan.new}
