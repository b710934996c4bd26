"""Recordings in an object store: what S3 speaks, over real HTTP; and no credential in anything that is written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleets.bucket import KEY, NAME, SECRET, TOKEN, bucket
from fleets.same import audit_command
from fleets.small import EMPTY, OPEN, TODAY, audit_here, database, write
from netaudit.fleet.query.asking import ask
from netaudit.fleet.tables.schema import Table

pytestmark = pytest.mark.matrix  # starts a server, and commands
_SECRETS = (KEY, SECRET, TOKEN)


def _objects(folder: Path) -> dict[str, bytes]:
    """Return a bucket: two hosts below 2026/, one elsewhere, and what is no recording."""
    made = (
        write(folder, "web-1", EMPTY, minutes=-5),
        write(folder, "web-1", OPEN, database),
        write(folder, "web-2", EMPTY),
        write(folder, "old", EMPTY),
    )
    objects = {
        f"{'2025' if path.parent.name == 'old' else '2026'}/{path.parent.name}/{path.name}": path for path in made
    }
    return {name: path.read_bytes() for name, path in objects.items()} | {
        "2026/notes.txt": b"no recording",
        "2026/torn.tar.gz": b"\x1f\x8b\x08 torn",
    }


def _audit(source: str, results: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(sys.path)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GOOGLE_", "AZURE_"))}
    command = audit_command(source, results, "--workers", "1")
    env = {**clean, "PYTHONPATH": path, **env}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", check=False)


def _everything(results: Path) -> str:
    """Return all that lies in results as text, and the values of all tables."""
    raw = b"".join(path.read_bytes() for path in results.rglob("*") if path.is_file()).decode(errors="replace")
    return raw + "".join(repr(ask(results, f"FROM {table}", TODAY).rows) for table in Table)


def _rows(results: Path) -> tuple[tuple[object, ...], ...]:
    sql = "SELECT host, taken_at, digest, critical, high, medium, rules, compared_at FROM hosts ORDER BY ALL"
    return ask(results, sql, TODAY).rows


def test_a_prefix_of_a_bucket_is_audited_as_a_folder_is(tmp_path: Path) -> None:
    objects = _objects(tmp_path / "fleet")
    with bucket(objects | {"2026/gone.tar.gz": b""}) as env:
        done = _audit(f"s3://{NAME}/2026/", tmp_path / "results", env)
        assert done.returncode == 0, done.stderr
        again = _audit(f"s3://{NAME}/2026/", tmp_path / "results", env)
    assert "5 recordings: 3 audited now, 0 before an interruption, 0 known; 2 could not be audited" in done.stderr
    assert "0 audited now, 0 before an interruption, 5 known" in again.stderr
    (tmp_path / "fleet" / "old").rename(tmp_path / "old")
    audit_here(tmp_path / "fleet", tmp_path / "here")
    assert _rows(tmp_path / "results") == _rows(tmp_path / "here")
    places = ask(tmp_path / "results", "SELECT location FROM errors ORDER BY 1", TODAY).rows
    assert places == ((f"s3://{NAME}/2026/gone.tar.gz",), (f"s3://{NAME}/2026/torn.tar.gz",))


def test_no_credential_is_in_results_or_in_what_is_said(tmp_path: Path) -> None:
    with bucket(_objects(tmp_path / "fleet")) as env:
        done = _audit(f"s3://{NAME}/", tmp_path / "results", {**env, "RUST_LOG": "trace", "OBJECT_STORE_LOG": "debug"})
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr + _everything(tmp_path / "results")
    assert "web-1" in told
    assert [word for word in _SECRETS if word in told] == []


def test_a_refusal_is_told_without_the_words_that_it_quotes(tmp_path: Path) -> None:
    """The server says all that it was sent, the signature and the session's token among it."""
    with bucket(_objects(tmp_path / "fleet")) as env:
        done = _audit(f"s3://{NAME}/", tmp_path / "results", {**env, "AWS_ACCESS_KEY_ID": "AKIAOTHER"})
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert f"cannot read s3://{NAME}/" in done.stderr
    told = done.stdout + done.stderr
    assert [word for word in (*_SECRETS, "AKIAOTHER", "Signature") if word in told] == []


@pytest.mark.parametrize("source", [f"s3://{KEY}:{SECRET}@{NAME}/2026", f"s3://{NAME}/2026?X-Amz-Credential={KEY}"])
def test_an_address_with_credentials_in_it_is_refused_and_not_repeated(tmp_path: Path, source: str) -> None:
    done = _audit(source, tmp_path / "results", {})
    assert (done.returncode, "without credentials in it" in done.stderr) == (2, True)
    assert [word for word in _SECRETS if word in done.stderr] == []


def test_a_bucket_that_cannot_be_reached_is_said_and_begins_nothing(tmp_path: Path) -> None:
    env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    done = _audit(f"s3://{NAME}/", tmp_path / "results", {**env, "AWS_REGION": "eu-central-1"})
    assert done.returncode == 3
    assert f"cannot read s3://{NAME}/" in done.stderr
    assert not (tmp_path / "results" / "fleet.json").exists()
