"""The shape of the package: small modules, one home for each foreign package, nothing slow before it is used."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pages.rooms import PACKAGES, docstring
from syntax import imported, statements, tree

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
    "yaml": "catalog/yaml_text.py",
    "cel_expr_python": "audit/checks/condition.py",
    "jinja2": "report/templating/*.py",
    "markupsafe": "report/**/*.py",  # jinja2's
    "tabulate": "report/terminal/layout.py",
    "wcwidth": "report/text/width.py",
    "backports": "*/**/pack*.py",  # zstd, before Python 3.14
    "compression": "*/**/pack*.py",  # the same, from 3.14
    "oxidd": "packets/sets/library.py",
    "msgspec": "**/*.py",
    "pyarrow": "fleet/results/parquet.py",  # these are extras
    "duckdb": "fleet/query/database.py",
    "obstore": "fleet/sources/objects.py",
    "ray": "fleet/executors/ray_cluster.py",
}


MOST_MODULES = 15  # of a folder, beside __init__.py
MOST_LINES = 2_000  # of the modules of a folder
MOST_METHODS = 12  # of a class
MOST_STEPS = 25  # lines of a function

# Words that no module, class or function is called by: what to use instead, and how many names still have it. A number
# may only fall. docs/architecture.md has the glossary.
FORBIDDEN_WORDS = {
    "asked": ("query, requested", 8),
    "asker": ("receiver", 0),
    "because": ("causes, reason", 0),
    "blind": ("not visible", 0),
    "came": ("dispositions, source", 0),
    "deed": ("action", 0),
    "diary": ("recorder", 0),
    "essence": ("stable part", 0),
    "exposing": ("compute", 0),
    "ground": ("host context", 0),
    "handwriting": ("unify, template", 0),
    "heed": ("honour, follow", 0),
    "homes": ("container routes", 1),
    "journey": ("trace query, answer", 0),
    "led": ("NAT target", 5),
    "looks": ("format", 0),
    "said": ("printed, reported, answer", 2),
    "shade": ("shadow kind", 0),
    "told": ("answer, option", 0),
    "touch": ("event", 1),
    "traced": ("trace", 0),
    "unseen": ("not visible", 1),
    "way": ("route, delivery", 8),
    "whose": ("owner, maker", 0),
}

# Phrases that few readers understand at once, in code, docstrings and messages. "There is none" is plain.
MANNERED = (
    r"heed\w*",
    "[Ww]hoever",
    "anew",
    "gravest",
    "of nobody",
    "of its own accord",
    "(?<!there )(?:is|are) none",
    "hangs? on",
    "[Pp]erhaps",
    "gives? away",
    "tells? of",
    "those of",
    "nobody's",
    "fares? alike",
    "otherwise than",
    "begun",
    "is said",
    "of no",
)


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def _definitions() -> tuple[tuple[str, ast.ClassDef | ast.FunctionDef], ...]:
    """Return every class and function, with the name of its module."""
    return tuple(
        (_name(path), node)
        for path in MODULES
        for node in statements(path)
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    )


@cache
def _text(path: Path) -> str:
    return path.read_text()


@cache
def _whole_text() -> str:
    return "\n".join(map(_text, MODULES))


@cache
def _foreign(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)} & HOMES.keys()


def test_a_module_has_at_most_250_lines() -> None:
    lines = {_name(path): _text(path).count("\n") for path in MODULES}
    assert {name: count for name, count in lines.items() if count > 250} == {}


def test_a_class_has_at_most_12_methods() -> None:
    found = {
        f"{name} {node.name}": len(methods)
        for name, node in _definitions()
        if isinstance(node, ast.ClassDef) and len(methods := _methods(node)) > MOST_METHODS
    }
    assert found == {}


def _methods(node: ast.ClassDef) -> list[str]:
    """List the methods of a class but for the special ones, such as __init__."""
    return [one.name for one in node.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("__")]


def test_a_function_has_at_most_25_lines() -> None:
    found = {
        f"{name} {node.name}": lines
        for name, node in _definitions()
        if isinstance(node, ast.FunctionDef) and (lines := _lines(node)) > MOST_STEPS
    }
    assert found == {}


def _lines(node: ast.FunctionDef) -> int:
    """Count the lines of what a function does: not of its options and docstring, nor of the fields that it fills."""
    has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
    first, last = node.body[1] if has_docstring else node.body[0], node.body[-1]
    is_list = isinstance(last, ast.Return) and isinstance(last.value, ast.Call | ast.Dict)
    end = last.lineno if is_list else node.end_lineno or 0
    return end - first.lineno + 1 - len({line for line in _fields(node) if line <= end})


def _fields(node: ast.FunctionDef) -> Iterator[int]:
    """Name the lines of a function that fill one field each, by its name, of a value with named fields alone."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and call.keywords and not call.args:
            yield from (one.value.lineno for one in call.keywords if one.value.lineno > call.lineno)


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
    listed = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["fleet"]]
    dependencies = [text.partition(">")[0] for text in listed]
    assert {named.get(name, name) for name in dependencies} <= HOMES.keys()


def test_nothing_is_imported_that_is_no_dependency() -> None:
    known = HOMES.keys() | sys.stdlib_module_names | {"netaudit"}
    assert {name for path in MODULES for name in imported(path) if name.partition(".")[0] not in known} == set()


def test_nothing_is_called_utils() -> None:
    forbidden = {"util", "utils", "helper", "helpers", "common", "misc"}
    assert [_name(path) for path in PACKAGE.rglob("*") if path.stem in forbidden] == []


def test_a_module_says_what_it_is() -> None:
    assert [_name(path) for path in MODULES if not ast.get_docstring(tree(path))] == []


def test_the_release_is_the_packages_version() -> None:
    assert PROJECT["project"]["version"] == RELEASE == netaudit.__version__


def test_no_folder_is_crowded() -> None:
    sizes = {_name(folder): len(list(folder.glob("*.py"))) - 1 for folder in {path.parent for path in MODULES}}
    lines = {_name(path.parent): 0 for path in MODULES}
    for path in MODULES:
        lines[_name(path.parent)] += len(_text(path).splitlines())
    assert {name: size for name, size in sizes.items() if size > MOST_MODULES} == {}
    assert {name: size for name, size in lines.items() if size > MOST_LINES} == {}


def test_a_sub_package_says_what_goes_in_what_comes_out_and_where_to_begin() -> None:
    assert {_name(package.parent): lacking for package in PACKAGES if (lacking := _lacking(package))} == {}


def _lacking(package: Path) -> list[str]:
    """List what the docstring of a sub-package does not say, and the modules that it names and that are not there."""
    text = docstring(package)
    if not text:
        return ["a docstring"]
    parts = ("In: ", "Out: ", "Begin with ") if len(package.relative_to(PACKAGE).parts) > 2 else ()
    named = re.findall(r"\b([a-z_]+)\.py\b", text.partition("Begin with ")[2].partition("\n\n")[0])
    absent = [name for name in named if not (package.parent / f"{name}.py").exists()]
    return [part for part in parts if part not in text] + absent


def _names() -> Iterator[str]:
    """Name every module, class and function."""
    yield from (path.stem for path in MODULES)
    yield from (node.name for _, node in _definitions())


@cache
def _words_of_names() -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for name in _names():
        for word in {found.lower() for found in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}:
            words.setdefault(word, []).append(name)
    return words


@pytest.mark.parametrize("word", FORBIDDEN_WORDS)
def test_a_word_that_was_given_up_does_not_come_back(word: str) -> None:
    instead, most = FORBIDDEN_WORDS[word]
    names = _words_of_names().get(word, [])
    assert len(names) <= most, f"say {instead} in place of {word}: {names}"


@pytest.mark.parametrize("phrase", MANNERED)
def test_no_phrase_is_mannered(phrase: str) -> None:
    pattern = re.compile(rf"\b{phrase}\b")
    used = pattern.search(_whole_text())
    assert not used, f"{used[0]}: {[path.name for path in MODULES if pattern.search(_text(path))]}"


def test_no_page_and_no_file_of_the_catalog_is_mannered() -> None:
    top = PACKAGE.parent
    pages = [*top.glob("docs/*.md"), *top.glob("rules/**/*.yaml"), top / "CONTRIBUTING.md", top / "SECURITY.md"]
    pattern = re.compile(r"\b(?:heed|[Ww]hoever|anew|gravest|hangs? on|[Pp]erhaps|otherwise than)\b")
    assert {path.name: found for path in pages if (found := pattern.findall(path.read_text()))} == {}


def test_the_glossary_knows_no_word_that_was_given_up() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    words = re.findall(
        r"^\| ([a-z, ]+) \|", page.partition("## Glossary")[2].partition("## Decisions")[0], re.MULTILINE
    )
    assert not {word for cell in words for word in cell.split(", ")} & FORBIDDEN_WORDS.keys()
