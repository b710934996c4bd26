"""SECURITY.md names guards and tests: each of them is there, and no attacker is without."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "SECURITY.md"
ATTACKERS = (
    "A hostile remote host over ssh",
    "A hostile local process in /proc",
    "Hostile container names, labels, comments",
    "A hostile recording or paste",
    "A hostile Docker API",
    "A hostile folder",
    "Hostile configuration in a repository",
    "Someone who plants text for a reader of reports",
    "Another local user",
    "Someone who alters a recording",
    "A hostile container",
    "Somebody who kills netaudit",
    "Somebody who gets a redacted recording",
    "Somebody who opens a pull request to netaudit",
    "Somebody who reads recordings and logs",
    "Somebody who takes over netaudit while it records",
)


def _rows() -> list[list[str]]:
    """Give the cells of the threat model's rows."""
    table = PAGE.read_text().partition("## The threat model")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return rows[2:]


def _named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


ROWS = _rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}, {row[1]}"[:60])
def test_every_guard_and_every_test_of_the_threat_model_is_there(row: list[str]) -> None:
    _, _, guards, tests = row
    assert _named(guards)
    assert [name for name in _named(guards) if not (ROOT / name).is_file()] == []
    assert _named(tests)
    assert [name for name in _named(tests) if not _has_test(*name.split("::"))] == []


def _has_test(file: str, function: str) -> bool:
    """Tell whether a file of tests has a function of this name, which pytest would run."""
    path = ROOT / file
    if not path.is_file() or not function.startswith("test_"):
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in ast.parse(path.read_text()).body)


def test_every_attacker_has_a_row() -> None:
    assert set(ATTACKERS) <= {row[0] for row in ROWS}


def test_a_test_that_is_not_there_would_be_found() -> None:
    assert not _has_test("tests/test_security.py", "test_of_nothing")
    assert not _has_test("tests/test_nothing.py", "test_of_nothing")
    assert not _has_test("tests/test_security.py", "_rows")


@pytest.mark.parametrize(
    "file", sorted(set(re.findall(r"`((?:netaudit|tests|examples|docs)/[\w./-]+)", PAGE.read_text())))
)
def test_every_file_that_the_page_names_is_there(file: str) -> None:
    assert (ROOT / file).exists()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", PAGE.read_text()))
def test_every_link_arrives(link: str) -> None:
    assert (ROOT / link).exists()
