"""What other programs may call is documented, typed and lazy; UPDATE_GOLDENS=1 writes docs/api.md again."""

import ast
import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from datetime import date
from pathlib import Path

import pytest
from lab.api_page import PAGE, make_page
from wheels import build_wheel

import netaudit
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, Confidence
from netaudit.errors import NetauditError

ONE_PORT = Path(__file__).parent / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
REPOSITORY = Path(netaudit.__path__[0]).parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two recordings, before and after, which is the current one."""
    for step, name in (("00", "before"), ("01", "after")):
        shutil.copytree(ONE_PORT / step, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    assert netaudit.__all__ == sorted(netaudit.__all__)
    assert [name for name in netaudit.__all__ if not getattr(netaudit, name).__doc__] == []
    assert set(netaudit.__all__) <= set(dir(netaudit))


def test_what_type_checkers_import_is_what_is_imported_late() -> None:
    tree = ast.parse(inspect.getsource(netaudit))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    typed = {node.module: " ".join(one.name for one in node.names) for node in checked.body}  # type: ignore[attr-defined]
    assert typed == netaudit._HOMES  # noqa: SLF001
    assert sorted(" ".join(typed.values()).split()) == netaudit.__all__


def test_no_public_name_is_that_of_a_module() -> None:
    """Importing netaudit.audit would put the package in the place of a function of that name."""
    modules = {one.name for one in pkgutil.iter_modules(netaudit.__path__)}
    assert modules & set(netaudit.__all__) == set()


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="lod"):
        _ = netaudit.lod  # type: ignore[attr-defined]


def test_no_public_function_takes_a_flag() -> None:
    functions = [one for one in (getattr(netaudit, name) for name in netaudit.__all__) if inspect.isfunction(one)]
    kinds = [(one.__name__, *each) for one in functions for each in inspect.get_annotations(one).items()]
    assert [one for one in kinds if "bool" in str(one[2])] == []


@pytest.mark.matrix
@pytest.mark.parametrize("module", ["recordings", "hosts", "traces", "audits", "rendering"])
@pytest.mark.usefixtures("folder")
def test_the_examples_in_docstrings_hold(module: str) -> None:
    found = importlib.import_module(f"netaudit.api.{module}")
    done = doctest.testmod(found, extraglobs={"netaudit": netaudit})
    assert done.attempted
    assert done.failed == 0


def test_the_page_has_every_public_name() -> None:
    page = PAGE.read_text()
    if os.environ.get("UPDATE_GOLDENS") == "1":
        PAGE.write_text(make_page(page))
    assert PAGE.read_text() == make_page(page)


def _main_job() -> str:
    """Return the first program of docs/api.md."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.matrix
def test_five_typed_lines_do_the_main_job(folder: Path) -> None:
    lines = [line for line in _main_job().splitlines() if line]
    assert lines[0] == "import netaudit"
    assert len(lines) == 6
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", _main_job()], capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    assert "web 0.0.0.0:8080" in done.stdout
    assert "Open at its own address" in done.stdout


@pytest.mark.matrix
def test_they_pass_strict_type_checks_against_the_wheel(folder: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    wheel = build_wheel(folder)
    assert "netaudit/py.typed" in zipfile.ZipFile(wheel).namelist()
    python = _installed(wheel, folder / "venv")
    (folder / "main.py").write_text(_main_job())
    (folder / "wrong.py").write_text("import netaudit\n\nnetaudit.lod(3)\nnetaudit.load(3)\n")
    checked = {name: _type_check(python, folder, name) for name in ("main.py", "wrong.py")}
    assert checked["main.py"] == "Success: no issues found in 1 source file\n"
    assert re.findall(r"wrong.py:(\d+): error", checked["wrong.py"]) == ["3", "4"]


def _installed(wheel: Path, environment: Path) -> Path:
    """Install a wheel in an environment of its own, beside what netaudit depends on; return its Python."""
    venv.create(environment, with_pip=False)
    (site,) = environment.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin" / "python"


def _type_check(python: Path, folder: Path, name: str) -> str:
    own = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MYPYPATH")}
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "--cache-dir", os.devnull, name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=own)
    return done.stdout


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_may_be_text_or_a_path(kind: type, tmp_path: Path) -> None:
    facts = netaudit.save(netaudit.load(kind(ONE_PORT / "01")), kind(tmp_path / "copy"))
    assert netaudit.load(kind(tmp_path / "copy")) == facts


@pytest.mark.matrix
def test_rules_that_ship_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = netaudit.load(ONE_PORT / "01")
    netaudit.run_checks(facts)
    monkeypatch.setattr("netaudit.catalog.document.read_data", lambda *_: pytest.fail("a file was read again"))
    netaudit.run_checks(facts)
    netaudit.show(facts)
    netaudit.compare(facts, facts)


def test_a_host_with_nft_rules_is_decoded_once_for_its_texts_and_once_for_their_meaning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from netaudit.parse import program  # noqa: PLC0415 (what is counted)

    read: list[object] = []
    original = program.read_objects
    monkeypatch.setattr(program, "read_objects", lambda *given: (read.append(given), original(*given))[1])
    facts = netaudit.load(ONE_PORT.parents[1] / "29.0.0-nftables" / "default-one-port" / "01")
    netaudit.show(facts)
    assert len(read) == 0
    netaudit.run_checks(facts)
    assert len(read) == 1


def test_importing_netaudit_imports_nothing_else() -> None:
    code = "import sys, netaudit; print({n.partition('.')[0] for n in sys.modules} - {*sys.stdlib_module_names})"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    assert sorted(ast.literal_eval(done.stdout)) == ["__main__", "netaudit"]


def test_a_diff_names_the_cause_of_every_change() -> None:
    before, after = (netaudit.load(ONE_PORT / step) for step in ("00", "01"))
    diff = netaudit.compare(before, after)
    assert isinstance(diff, AttributedDiff)
    assert [(one.change.item.where, [str(cause) for cause in one.attribution.causes]) for one in diff.changes] == [
        ("filter/DOCKER#1", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
        ("nat/POSTROUTING#2", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
        ("nat/DOCKER#2", ["web 0.0.0.0:8080 → 80/tcp on network bridge"]),
    ]


@pytest.mark.matrix
def test_a_container_that_came_and_went_leaves_no_change() -> None:
    first, last = (netaudit.load(ONE_PORT / step) for step in ("00", "02"))
    assert netaudit.compare(first, last).changes == ()


def test_a_snapshot_attributes_every_rule() -> None:
    shown = netaudit.show(netaudit.load(ONE_PORT / "01"))
    assert isinstance(shown, AttributedSnapshot)
    assert (shown.coverage.rules, shown.coverage.proved, shown.missing) == (18, 18, ())


def test_an_audit_finds_what_is_wrong() -> None:
    found = netaudit.run_checks(netaudit.load(ONE_PORT / "01"), netaudit.AuditOptions(today=date(2026, 12, 1)))
    assert "container-open-past-its-bindings" in {one.check.id for one in found.open}


def test_what_was_saved_attributes_alike(tmp_path: Path) -> None:
    facts = netaudit.load(ONE_PORT / "01")
    netaudit.save(facts, tmp_path / "copy.tar.gz")
    assert netaudit.show(netaudit.load(tmp_path / "copy.tar.gz")) == netaudit.show(facts)


@pytest.mark.matrix
def test_the_same_recordings_give_the_same_diff() -> None:
    before, after = (netaudit.load(ONE_PORT / step) for step in ("00", "01"))
    assert netaudit.compare(before, after) == netaudit.compare(before, after)


def test_every_failure_is_a_netaudit_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(NetauditError) as caught:
        netaudit.load(tmp_path / "nowhere")
    assert caught.value.hint


def test_confidence_has_the_words_of_the_report() -> None:
    assert [str(one) for one in Confidence] == ["proved", "likely", "ambiguous", "unattributed"]
