"""Alerts: each problem once when it begins and once when it is over, whatever happens to the watch meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace
from programs import RECORDINGS

from netaudit.audit.auditor import Auditor
from netaudit.catalog.policy import load_policy
from netaudit.history import History, make_history
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.model.history.alert import AlertKind, AlertState
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedRule
from netaudit.model.observation import Process
from netaudit.store import load
from netaudit.watching.alerts import Alerts
from netaudit.watching.problems import make_finder
from netaudit.watching.watcher import Seen

_RULE = LoggedRule("removed", "iptables-nft", "ip", "nat", "DOCKER", "-A DOCKER -j DNAT", maker="docker")


@cache
def finder() -> Auditor:
    return make_finder(None)


@cache
def host() -> Facts:
    """Return a real engine's host with web on port 8080."""
    return load(RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "01")


def at(seconds: int, facts: Facts | None = None) -> Facts:
    return replace(facts or host(), taken_at=f"2026-11-27T12:00:{seconds:02d}Z")


def without_dnat() -> Facts:
    text = host().files["iptables-save.txt"]
    rule = next(one for one in text.splitlines(keepends=True) if b"DNAT" in one)
    return replace(host(), files={**host().files, "iptables-save.txt": text.replace(rule, b"")})


def said(alerts: Alerts, facts: Facts, *changes: LoggedChange) -> list[tuple[AlertState, AlertKind]]:
    return [(one.state, one.problem.kind) for one in alerts.judge(Seen(facts, changes))]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with closing(make_history(tmp_path / "history.sqlite")) as made:
        yield made


def test_a_rule_that_stays_away_is_told_of_once_and_its_return_too(history: History) -> None:
    alerts = Alerts(history, finder())
    assert said(alerts, at(0)) == []
    assert said(alerts, at(10, without_dnat())) == []  # it may come back at once
    assert alerts.waiting
    assert said(alerts, at(16, without_dnat())) == [(AlertState.RAISED, AlertKind.MISSING)]
    assert not alerts.waiting
    assert said(alerts, at(20, without_dnat())) == []
    again = Alerts(history, finder())  # the watch was started again
    assert said(again, at(30, without_dnat())) == []
    assert said(again, at(40)) == [(AlertState.OVER, AlertKind.MISSING)]
    assert Alerts(history, finder()).standing == ()


def test_a_rule_that_the_engine_writes_again_at_once_is_no_alert(history: History) -> None:
    alerts = Alerts(history, finder())
    assert said(alerts, at(10, without_dnat())) == []
    assert said(alerts, at(12)) == []
    assert not alerts.waiting


@pytest.mark.parametrize(
    ("cause", "writer", "kind"),
    [
        (LoggedCause(CauseOf.PROGRAM, "firewalld"), "firewalld", AlertKind.NOT_RESTORED),
        (LoggedCause(CauseOf.OPERATOR, "ada"), "iptables-restor", AlertKind.NOT_RESTORED),
        (LoggedCause(CauseOf.OPERATOR, "ada"), "iptables", AlertKind.MISSING),
    ],
)
def test_a_firewall_that_took_the_engines_rules_with_it_is_named_so(
    history: History, cause: LoggedCause, writer: str, kind: AlertKind
) -> None:
    change = LoggedChange("", "", cause=cause, writer=Process(writer, 9, user="ada"), rules=(_RULE,))
    alerts = Alerts(history, finder())
    assert said(alerts, at(10, without_dnat()), change) == []
    assert said(alerts, at(16, without_dnat())) == [(AlertState.RAISED, kind)]


def test_what_cannot_be_seen_is_not_over(history: History) -> None:
    alerts = Alerts(history, finder())
    said(alerts, at(0, without_dnat()))
    said(alerts, at(6, without_dnat()))
    files = {name: data for name, data in host().files.items() if name != "docker-containers.json"}
    away = replace(host(), files=files, gaps=(Gap("docker-containers.json", GapReason.ABSENT),))
    assert said(alerts, at(10, away)) == []
    assert said(alerts, at(20)) == [(AlertState.OVER, AlertKind.MISSING)]


def test_a_policy_that_is_broken_and_holds_again_is_told_of(history: History, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("policy: [nothing reaches web but lan]")
    alerts = Alerts(history, make_finder(load_policy(path)))
    (alert,) = alerts.judge(Seen(at(0), ()))
    assert (alert.problem.kind, alert.problem.words) == (AlertKind.POLICY, "nothing reaches web but lan")
    alone = load(RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "00")
    assert said(alerts, at(5, alone)) == []  # there is no web: whether it holds is open
    path.write_text("policy: [internet can reach web]")
    kept = Alerts(history, make_finder(load_policy(path)))
    assert said(kept, at(10)) == [(AlertState.OVER, AlertKind.POLICY)]  # the entry is gone


def test_a_sensitive_port_is_told_of_when_it_opens(history: History) -> None:
    swaps = ((b'"80/tcp"', b'"6379/tcp"'), (b":80\n", b":6379\n"), (b"--dport 80 ", b"--dport 6379 "))
    files = dict(host().files)
    for old, new in swaps:
        files = {name: data.replace(old, new) for name, data in files.items()}
    alerts = Alerts(history, finder())
    assert said(alerts, at(0)) == []
    assert (AlertState.RAISED, AlertKind.OPEN) in said(alerts, at(1, replace(host(), files=files)))


def test_a_writer_whom_nobody_knows_is_told_of_and_a_known_one_is_not(history: History) -> None:
    alerts = Alerts(history, finder())
    known = LoggedChange("", "", cause=LoggedCause(CauseOf.OPERATOR, "ada"), rules=(_RULE,))
    assert said(alerts, at(0), known) == []
    strangers = [LoggedChange("", "", unknown="why", cause=LoggedCause(CauseOf.UNKNOWN), rules=(_RULE,))] * 30
    (alert,) = alerts.judge(Seen(at(1), tuple(strangers)))
    assert alert.problem.kind is AlertKind.WRITER
    assert alert.problem.words.endswith("and 20 more")
    assert len(alert.changes) == 10
