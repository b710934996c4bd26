"""The shape of the package: small modules, one home for each foreign package, nothing slow before it is used."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import netaudit
from netaudit.release import RELEASE

PACKAGE = Path(netaudit.__path__[0])
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())

# Every third-party package, and the only modules that may import it.
HOMES = {
    "typer": "cli/**/*.py",
    "docker": "collect/docker/*.py",
    "requests": "collect/docker/*.py",  # docker speaks HTTP by it
    "urllib3": "collect/docker/*.py",  # and requests by this
    "iptc": "collect/kernel/legacy_*.py",
    "yaml": "catalog/document.py",
    "cel_expr_python": "audit/checks/condition.py",
    "jinja2": "report/templating/*.py",
    "markupsafe": "report/**/*.py",  # jinja2's
    "tabulate": "report/terminal/layout.py",
    "wcwidth": "report/text/width.py",
    "backports": "store/reading/packed.py",  # zstd, before Python 3.14
    "compression": "store/reading/packed.py",  # the same, from 3.14
    "oxidd": "packets/sets/bdd.py",
    "msgspec": "**/*.py",
}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str() as module, level=0):
                yield module


@cache
def _foreign(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imported(path)} & HOMES.keys()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_has_at_most_250_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 250


@pytest.mark.parametrize("package", HOMES)
def test_a_foreign_package_is_imported_in_its_home_alone(package: str) -> None:
    home = set(PACKAGE.glob(HOMES[package]))
    users = {path for path in MODULES if package in _foreign(path)}
    assert {_name(path) for path in users - home} == set()


def test_every_dependency_has_a_home() -> None:
    named = {
        "PyYAML": "yaml",
        "python-iptables": "iptc",
        "cel-expr-python": "cel_expr_python",
        "tabulate[widechars]": "tabulate",
        "backports.zstd": "backports",
    }
    dependencies = [text.partition(">")[0] for text in PROJECT["project"]["dependencies"]]
    assert {named.get(name, name) for name in dependencies} <= HOMES.keys()


def test_nothing_is_imported_that_is_no_dependency() -> None:
    known = HOMES.keys() | sys.stdlib_module_names | {"netaudit"}
    assert {name for path in MODULES for name in _imported(path) if name.partition(".")[0] not in known} == set()


def test_nothing_is_called_utils() -> None:
    forbidden = {"util", "utils", "helper", "helpers", "common", "misc"}
    assert [_name(path) for path in PACKAGE.rglob("*") if path.stem in forbidden] == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_release_is_the_packages_version() -> None:
    assert PROJECT["project"]["version"] == RELEASE == netaudit.__version__
