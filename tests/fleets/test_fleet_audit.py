"""A fleet is audited whole: every planted fault is found and no other, and an interruption changes no byte."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pyarrow.parquet
import pytest
from sampling import SWEEP

from fleets.generate import START, clean_findings, expected, make_fleet
from fleets.same import audit_command, files_of
from fleets.small import EMPTY, OPEN, TODAY, audit_here, database, write
from netaudit.errors import RecordingError, UsageError
from netaudit.fleet.job import Orders
from netaudit.fleet.query.asking import ask
from netaudit.fleet.results.results import SPOOL, opened
from netaudit.fleet.tables.schema import VERSION, Table, columns

pytestmark = pytest.mark.matrix  # each audits a fleet


def _found(results: Path) -> dict[str, Counter[str]]:
    answer = ask(results, "SELECT host, \"check\", count(*) FROM findings WHERE status = 'open' GROUP BY ALL", TODAY)
    found: dict[str, Counter[str]] = {}
    for host, check, number in answer.rows:
        found.setdefault(host, Counter())[check] = number
    return found


def _start(source: Path, results: Path) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(sys.path)
    return subprocess.Popen(
        audit_command(source, results, "--workers", "2"),
        env={**os.environ, "PYTHONPATH": path},
        cwd="/",
        stderr=subprocess.PIPE,
    )


def test_every_planted_fault_is_found_and_no_other(tmp_path: Path) -> None:
    plan = make_fleet(tmp_path / "fleet", hosts=12 * SWEEP, faults=4 * SWEEP, seed=SWEEP)
    summary = audit_here(tmp_path / "fleet", tmp_path / "results")
    assert (summary.found, summary.audited, summary.failed) == (len(plan), len(plan), 0)
    clean, found = clean_findings(), _found(tmp_path / "results")
    assert {made.host: expected(made, clean) for made in plan} == {made.host: found[made.host] for made in plan}
    assert sum(made.fault is not None for made in plan) == 4 * SWEEP


def test_an_audit_that_is_killed_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    make_fleet(tmp_path / "fleet", hosts=16, faults=5, seed=7)
    with _start(tmp_path / "fleet", tmp_path / "whole") as whole:
        assert whole.wait(120) == 0
    chance, kills = random.Random(SWEEP), 0  # noqa: S311 (the same instants each time)
    for _ in range(2 * SWEEP):
        with _start(tmp_path / "fleet", tmp_path / "killed") as run:
            try:
                run.wait(chance.uniform(0.8, 3.0))
            except subprocess.TimeoutExpired:
                kills += 1
            run.kill()
    with _start(tmp_path / "fleet", tmp_path / "killed") as run:
        assert run.wait(120) == 0
    assert kills > 0
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert not (tmp_path / "killed" / SPOOL).exists()


def test_tables_of_an_earlier_version_are_read_and_not_mixed_with_others(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "good", OPEN)
    results = tmp_path / "results"
    audit_here(tmp_path / "fleet", results)
    for part in (results / Table.FINDINGS).rglob("*.parquet"):
        older = pyarrow.parquet.ParquetFile(part).read().drop_columns(["mistake"])
        pyarrow.parquet.write_table(older, part)
    manifest = results / "fleet.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {VERSION}', '"version": 1'))
    found = ask(results, "SELECT DISTINCT mistake, day IS NULL FROM findings", TODAY)
    assert found.rows == ((None, False),)
    assert ask(results, "FROM findings", TODAY).columns[: len(columns(Table.FINDINGS))] == tuple(
        one.name for one in columns(Table.FINDINGS)
    )
    with pytest.raises(UsageError, match="tables of version 1, of an earlier netaudit"):
        audit_here(tmp_path / "fleet", results)


def test_an_audit_that_finds_nothing_new_leaves_no_spool(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "good", OPEN)
    assert audit_here(tmp_path / "fleet", tmp_path / "results").audited == 1
    (tmp_path / "results" / SPOOL).touch()  # as a kill leaves it that comes before anything is in it
    assert audit_here(tmp_path / "fleet", tmp_path / "results").audited == 0
    assert not (tmp_path / "results" / SPOOL).exists()


def test_an_interrupt_leaves_what_was_done_and_says_no_traceback(tmp_path: Path) -> None:
    make_fleet(tmp_path / "fleet", hosts=24, faults=5, seed=8)
    with _start(tmp_path / "fleet", tmp_path / "results") as run:
        spool, end = tmp_path / "results" / SPOOL, time.monotonic() + 60
        while time.monotonic() < end and (not spool.exists() or spool.stat().st_size < 3_000):
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, error = run.communicate(timeout=30)
    assert (run.returncode, b"Traceback" in error) == (130, False)
    assert b"interrupted" in error
    summary = audit_here(tmp_path / "fleet", tmp_path / "results")
    assert summary.resumed > 0
    assert summary.resumed + summary.audited == 24


def test_what_is_no_recording_is_a_row_with_its_reason(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "good", OPEN)
    (tmp_path / "fleet" / "torn.tar.gz").write_bytes(b"\x1f\x8b\x08 torn")
    write(tmp_path / "fleet", "odd", OPEN, lambda name, text: "no rules" if name == "iptables-save.txt" else text)
    summary = audit_here(tmp_path / "fleet", tmp_path / "results")
    assert (summary.audited, summary.failed) == (2, 2)
    rows = ask(tmp_path / "results", "SELECT host, stage, kind, message FROM errors ORDER BY host", TODAY).rows
    assert [row[:3] for row in rows] == [("odd", "read", "ParseError"), ("torn", "read", "RecordingError")]
    assert "iptables-save.txt:1" in rows[0][3]
    assert "torn.tar.gz" in rows[1][3]


def test_what_is_known_is_not_read_again_nor_a_copy_of_it(tmp_path: Path) -> None:
    first = write(tmp_path / "fleet", "web-1", EMPTY)
    assert audit_here(tmp_path / "fleet", tmp_path / "results").audited == 1
    before = files_of(tmp_path / "results")
    (tmp_path / "fleet" / "copy.tar.gz").write_bytes(first.read_bytes())
    again = audit_here(tmp_path / "fleet", tmp_path / "results")
    assert (again.found, again.known, again.audited) == (2, 2, 0)
    assert files_of(tmp_path / "results") == before


def test_a_later_recording_is_compared_with_one_of_an_earlier_audit(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "web-1", EMPTY)
    audit_here(tmp_path / "fleet", tmp_path / "results")
    write(tmp_path / "fleet", "web-1", OPEN, minutes=5)
    assert audit_here(tmp_path / "fleet", tmp_path / "results").audited == 1
    sql = "SELECT change, place FROM changes WHERE kind = 'rule' ORDER BY ALL"
    assert ("added", "nat/DOCKER#2") in ask(tmp_path / "results", sql, TODAY).rows


def test_a_recording_before_that_is_gone_is_a_gap_and_not_no_change(tmp_path: Path) -> None:
    gone = write(tmp_path / "fleet", "web-1", EMPTY)
    audit_here(tmp_path / "fleet", tmp_path / "results")
    write(tmp_path / "fleet", "web-1", OPEN, minutes=5)
    gone.unlink()
    audit_here(tmp_path / "fleet", tmp_path / "results")
    rows = ask(tmp_path / "results", "SELECT compared_with, compare_gap FROM latest", TODAY).rows
    assert rows[0][0] is None
    assert "no such recording" in rows[0][1]


def test_an_interrupted_audit_is_not_continued_with_other_options(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "web-1", EMPTY)
    results = tmp_path / "results"
    audit_here(tmp_path / "fleet", results)
    orders = Orders(today=TODAY)
    from netaudit.fleet.results.spool import Beginning  # noqa: PLC0415 (for this test alone)

    with opened(results) as found:
        found.open_spool(Beginning(orders, "other options")).close()
    with pytest.raises(UsageError, match="interrupted"):
        audit_here(tmp_path / "fleet", results)


def test_since_leaves_out_what_is_older_and_a_later_audit_takes_it(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "web-1", EMPTY, minutes=-5)
    write(tmp_path / "fleet", "web-1", OPEN)
    results = tmp_path / "results"
    assert audit_here(tmp_path / "fleet", results, since=START).audited == 1
    assert ask(results, "SELECT taken_at, compared_with FROM hosts", TODAY).rows == ((START, None),)
    assert audit_here(tmp_path / "fleet", results).audited == 1


def test_two_audits_do_not_write_to_the_same_results(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "web-1", EMPTY)
    with opened(tmp_path / "results"), pytest.raises(UsageError, match="another audit"):
        audit_here(tmp_path / "fleet", tmp_path / "results")


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such place"):
        audit_here(tmp_path / "nowhere", tmp_path / "results")


def test_a_pattern_takes_the_recordings_that_match(tmp_path: Path) -> None:
    for host in ("web-1", "web-2", "db-1"):
        write(tmp_path / "fleet", host, EMPTY)
    assert audit_here(f"{tmp_path}/fleet/web-*/*.tar.gz", tmp_path / "results").audited == 2


def test_parquet_has_the_kinds_that_are_documented(tmp_path: Path) -> None:
    write(tmp_path / "fleet", "web-1", EMPTY)
    write(tmp_path / "fleet", "web-1", OPEN, database, minutes=5)
    audit_here(tmp_path / "fleet", tmp_path / "results")
    kinds = {
        "text": "string",
        "integer": "int64",
        "boolean": "bool",
        "time": "timestamp[us, tz=UTC]",
        "date": "date32[day]",
        "list of text": "list<element: string>",
    }
    for table in set(Table) - {Table.ERRORS, Table.ASSERTIONS}:
        (path,) = (tmp_path / "results" / table / f"day={TODAY}").glob("*.parquet")
        fields = {one.name: str(one.type) for one in pyarrow.parquet.read_schema(path)}
        assert fields == {one.name: kinds[one.kind] for one in columns(table)}
        assert pyarrow.parquet.read_schema(path).metadata[b"netaudit.version"] == str(VERSION).encode()


def test_names_and_rules_that_are_no_text_are_kept_as_their_codes(tmp_path: Path) -> None:
    rule = '[0:0] -A DOCKER-USER -m comment --comment "caf\\udce9" -j RETURN\n'

    def edit(name: str, text: str) -> str:
        return (
            text.replace("-A FORWARD -j DOCKER-USER\n", f"-A FORWARD -j DOCKER-USER\n{rule}")
            if "save" in name
            else text
        )

    write(tmp_path / "fleet", "web-1", OPEN, edit)
    audit_here(tmp_path / "fleet", tmp_path / "results")
    sql = "SELECT count(*) FROM rules WHERE text LIKE '%caf%RETURN'"
    assert ask(tmp_path / "results", sql, TODAY).rows[0][0] >= 1


def test_orders_travel_as_json() -> None:
    orders = Orders(today=TODAY, policy="/p", waivers=("/w",))
    assert msgspec.json.decode(msgspec.json.encode(orders), type=Orders) == orders


@pytest.mark.parametrize("source", ["empty", "pipe", "/dev/zero"])
def test_a_source_without_a_recording_is_no_audited_fleet(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="holds no recording"):
        audit_here(tmp_path / source, tmp_path / "results")
    assert not (tmp_path / "results" / SPOOL).exists()
