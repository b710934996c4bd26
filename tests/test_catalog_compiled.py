"""What is compiled into a wheel is what rules/ and templates/ say, and what was changed since is compiled anew."""

import json
import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import jinja2
import pytest
from wheels import REPOSITORY, build_wheel

from netaudit.catalog import document, load_checks_from, yaml_text
from netaudit.catalog.services import load_services
from netaudit.errors import NetauditError
from netaudit.report.templating import loader
from netaudit.report.templating.environment import environment_of

RULES = REPOSITORY / "rules"
WITHOUT_YAML = """
import sys
sys.modules["yaml"] = None
from netaudit.catalog import load_catalog, load_checks, load_services
print(len(load_catalog().signatures), len(load_checks()), len(load_services()))
"""
WITHOUT_PARSER = """
import sys
import jinja2
from netaudit.report.templating.environment import environment_of
jinja2.Environment._parse = None
print(*(environment_of(name).get_template(name).name for name in sys.argv[1:]))
"""


def _build() -> ModuleType:
    """Return what the build of a wheel runs."""
    spec = spec_from_file_location("compiled", REPOSITORY / "packaging" / "compiled.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_compiled_file_has_the_value_that_its_yaml_has() -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    compiled = json.loads(json.dumps(_build().compile_rules(RULES)))
    files = {file: file.read_bytes() for file in RULES.rglob("*.yaml")}
    assert compiled == {sha256(data).hexdigest(): yaml_text.parse_yaml(data, file.name) for file, data in files.items()}


def test_a_file_that_was_changed_since_is_read_as_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "services.yaml"
    file.write_bytes((RULES / "services.yaml").read_bytes())
    compiled = {sha256(file.read_bytes()).hexdigest(): {"services": []}}
    monkeypatch.setattr(document, "compiled", lambda: compiled)
    monkeypatch.setattr("netaudit.catalog.services.rules_folder", lambda: tmp_path)
    assert load_services() == ()
    file.write_bytes(file.read_bytes() + b"# changed\n")
    assert len(load_services()) > 9


def test_a_condition_of_the_release_is_compiled_when_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = min((RULES / "checks").glob("*.yaml"))
    data = shipped.read_bytes()
    (tmp_path / shipped.name).write_bytes(data)
    value = yaml_text.parse_yaml(data, shipped.name) | {"condition": "nobody_knows"}
    monkeypatch.setattr(document, "compiled", lambda: {sha256(data).hexdigest(): value})
    (check,) = load_checks_from(tmp_path)
    with pytest.raises(NetauditError, match="nobody_knows"):
        check.condition.require_valid()


def _templates() -> list[str]:
    folder = REPOSITORY / "templates"
    names = (file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*.j2")))
    return [name for name in names if not name.startswith("examples/")]


def test_a_compiled_template_is_what_its_environment_makes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    made = _build().compile_templates(REPOSITORY)
    assert made["jinja2"] == jinja2.__version__
    assert len(made["templates"]) == len(_templates())
    monkeypatch.setattr(loader, "compiled", lambda: made["templates"])
    for name in _templates():
        environment = environment_of(name).overlay(cache_size=0)
        ready = environment.get_template(name)
        assert made["templates"][loader.key_of(name, loader.read(name))] == environment.compile(
            loader.read(name), name, raw=True
        )
        assert ready.root_render_func.__code__.co_filename == "<template>"


def test_a_template_that_was_changed_since_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "index.html.j2"
    environment = environment_of(name).overlay(cache_size=0)
    ready = {loader.key_of(name, loader.read(name)): environment.compile("ready", name, raw=True)}
    monkeypatch.setattr(loader, "compiled", lambda: ready)
    assert environment.get_template(name).render() == "ready"
    monkeypatch.setattr(loader, "read", lambda _: "changed")
    assert environment.get_template(name).render() == "changed"


@pytest.mark.parametrize(("version", "used"), [(jinja2.__version__, True), ("0.1", False)])
def test_what_another_jinja2_compiled_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, used: bool
) -> None:
    (tmp_path / "compiled.json").write_text(json.dumps({"jinja2": version, "templates": {"key": "code"}}))
    monkeypatch.setattr(loader, "shipped_folder", lambda _: tmp_path)
    loader.compiled.cache_clear()
    try:
        assert ("key" in loader.compiled()) is used
    finally:
        loader.compiled.cache_clear()


@pytest.mark.matrix
def test_what_is_installed_reads_no_yaml_and_compiles_no_template(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    zipfile.ZipFile(build_wheel(tmp_path)).extractall(tmp_path / "installed")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}

    def said(code: str, *words: str) -> list[str]:
        command = [sys.executable, "-P", "-c", code, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
        return done.stdout.split()

    signatures, checks, services = map(int, said(WITHOUT_YAML))
    assert min(signatures, checks, services) > 9
    assert said(WITHOUT_PARSER, *_templates()) == _templates()
