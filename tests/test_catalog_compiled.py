"""What is compiled into a wheel is what the YAML of rules/ says, and what was changed since is read as YAML."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from wheels import REPOSITORY, build_wheel

from netaudit.catalog import document, load_checks_from, yaml_text
from netaudit.catalog.services import load_services
from netaudit.errors import NetauditError

RULES = REPOSITORY / "rules"
WITHOUT_YAML = """
import sys
sys.modules["yaml"] = None
from netaudit.catalog import load_catalog, load_checks, load_services
print(len(load_catalog().signatures), len(load_checks()), len(load_services()))
"""


def _compile(folder: Path) -> Mapping[str, Any]:
    """Compile as the build of a wheel does."""
    spec = spec_from_file_location("compiled_rules", REPOSITORY / "packaging" / "compiled_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    compiled: Mapping[str, Any] = module.compile_rules(folder)
    return compiled


def test_a_compiled_file_has_the_value_that_its_yaml_has() -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    compiled = json.loads(json.dumps(_compile(RULES)))
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


@pytest.mark.matrix
def test_what_is_installed_reads_no_yaml(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    zipfile.ZipFile(build_wheel(tmp_path)).extractall(tmp_path / "installed")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    command = [sys.executable, "-P", "-c", WITHOUT_YAML]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    signatures, checks, services = map(int, done.stdout.split())
    assert min(signatures, checks, services) > 9
