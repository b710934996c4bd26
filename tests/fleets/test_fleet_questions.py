"""Each named question has the right rows on a fleet whose answers are known; SQL reads the results and nothing else."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from fleets.small import TODAY, audit_here, make_small_fleet, small_orders, write
from netaudit.errors import NetauditError, UsageError
from netaudit.fleet.query.asking import ask
from netaudit.fleet.query.questions import questions
from netaudit.fleet.tables.schema import Table, columns

pytestmark = pytest.mark.matrix  # an audit of a fleet comes before them


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    make_small_fleet(folder / "recordings")
    audit_here(folder / "recordings", folder / "results", small_orders(folder))
    return folder / "results"


def _rows(results: Path, question: str) -> list[dict[str, Any]]:
    answer = ask(results, question, TODAY)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


def _of(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_newly_open_databases_are_those_that_opened_since_the_recording_before(results: Path) -> None:
    rows = _rows(results, "newly-open-databases")
    assert {(row["host"], row["service"], row["container"], row["ports"]) for row in rows} == {
        ("db-1", "PostgreSQL", "web", "8080")
    }
    assert {row["open_at"] - row["closed_at"] for row in rows} == {dt.timedelta(minutes=5)}


def test_rules_on_one_host_are_not_those_that_two_have(results: Path) -> None:
    rows = _rows(results, "rules-on-one-host")
    assert _of(rows, "host", "place", "text") == [
        ("own-1", "filter/DOCKER-USER#1", "-A DOCKER-USER -s 203.0.113.9/32 -j DROP")
    ]


def test_replica_drift_names_the_replica_that_differs(results: Path) -> None:
    rows = _rows(results, "replica-drift")
    assert _of(rows, "project", "service", "host", "replicas") == [("shop", "web", "shop-3", 3)]
    assert "5432" in rows[0]["reached"]
    assert "tcp 80 " in rows[0]["usual"]


def test_cve_hosts_are_those_where_the_condition_was_seen(results: Path, tmp_path: Path) -> None:
    assert [row for row in _rows(results, "cve-hosts") if row["status"] == "open"] == []
    write(tmp_path / "recordings", "guard-1", "bad/raw-rules-flushed/before")
    audit_here(tmp_path / "recordings", tmp_path / "results", small_orders(tmp_path))
    rows = [row for row in _rows(tmp_path / "results", "cve-hosts") if row["status"] == "open"]
    assert {(row["host"], row["cve"], row["check"]) for row in rows} == {
        ("guard-1", "CVE-2025-54388", "loopback-guard-missing"),
    }


def test_waivers_ending_within_thirty_days_are_named_with_their_hosts(results: Path) -> None:
    rows = _rows(results, "waivers-ending")
    assert _of(rows, "until", "owner", "check") == [(dt.date(2026, 12, 10), "ops", "forged-senders-accepted")]
    assert rows[0]["hosts"] >= 6


def test_exposure_causes_count_hosts_by_the_rule_that_lets_others_in(results: Path) -> None:
    rows = _rows(results, "exposure-causes")
    assert (rows[0]["maker"], rows[0]["signature"], rows[0]["hosts"]) == ("docker", "docker-iptables/port-accept", 6)


def test_silent_hosts_are_late_by_the_newest_recording_or_never_read(results: Path) -> None:
    rows = _rows(results, "silent-hosts")
    assert _of(rows, "host", "hours_ago") == [("torn-1", None), ("silent-1", 72)]
    assert "torn-1.tar.gz" in rows[0]["error"]


def test_broken_policies_name_the_entry_and_the_hosts(results: Path) -> None:
    broken = [row for row in _rows(results, "policy-broken") if row["verdict"] == "broken"]
    assert _of(broken, "entry", "host") == [
        ("nothing reaches web but lan", host) for host in ("db-1", "own-1", "shop-1", "shop-2", "shop-3")
    ]
    assert all(row["proofs"] for row in broken)


def test_the_census_counts_hosts_by_engine_and_backend(results: Path) -> None:
    rows = _rows(results, "census")
    assert sorted(_of(rows, "engine", "backends", "hosts")) == [
        ("26.1.5+dfsg1", "iptables-nft", 1),
        ("28.5.2+dfsg4", "iptables-nft", 6),
    ]


def test_upgrade_changes_tell_what_the_rehearsed_engine_would_change(results: Path) -> None:
    rows = {row["host"]: row for row in _rows(results, "upgrade-changes")}
    assert rows["old-1"]["rehearsed"] == "engine 29.0"
    assert rows["old-1"]["rules_changed"] > 0
    assert all(row["gap"] is None for row in rows.values())


def test_new_findings_are_not_those_that_the_host_had_before(results: Path) -> None:
    rows = _rows(results, "new-findings")
    assert {row["host"] for row in rows} == {"db-1"}
    assert {row["check"] for row in rows} == {"policy-entry-broken", "sensitive-port-reachable"}


def test_the_worst_hosts_come_first(results: Path) -> None:
    rows = _rows(results, "worst-hosts")
    ranks = [(row["critical"], row["high"], row["medium"]) for row in rows]
    assert ranks == sorted(ranks, reverse=True)
    assert [row["host"] for row in rows[:3]] == ["old-1", "db-1", "shop-3"]
    assert [row["open_to_internet"] for row in rows[:3]] == [0, 1, 1]


def test_every_question_has_a_test_and_a_sentence() -> None:
    tests = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    for name, question in questions().items():
        words = name.replace("-", "_")
        known = {"census": "the_census", "policy_broken": "broken_policies", "worst_hosts": "the_worst_hosts"}
        assert any(test.startswith(known.get(words, words)) for test in tests), name
        assert question.sentence.endswith(".")


@pytest.mark.parametrize(
    "sql",
    [
        "COPY hosts TO 'x.csv'",
        "SELECT 1; SELECT 2",
        "CREATE TABLE t AS SELECT 1",
        "INSTALL httpfs",
        "ATTACH 'x.db'",
        "SET enable_external_access = true",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "SELECT nothing FROM hosts",
        "no-such-question",
    ],
)
def test_what_does_not_read_the_results_is_refused(results: Path, sql: str) -> None:
    with pytest.raises(UsageError):
        ask(results, sql, TODAY)


def test_every_table_has_the_columns_that_are_documented(results: Path) -> None:
    for table in Table:
        answer = ask(results, f"FROM {table}", TODAY)
        assert answer.columns == (*(one.name for one in columns(table)), "day")


def test_a_folder_without_results_says_so(tmp_path: Path) -> None:
    with pytest.raises(NetauditError, match="no results"):
        ask(tmp_path, "census", TODAY)
