"""The GitHub Action, the example workflow and the pre-commit hook: valid by their schemas, and run as they stand."""

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from netaudit.catalog import load_checks
from netaudit.catalog.config import check_names, load_config

REPOSITORY = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
VENDOR = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"


def _schema(name: str) -> Any:
    return json.loads((VENDOR / name).read_text())


def _run_action(tmp_path: Path, recording: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the Action's last step as a runner would: its script, with its inputs as variables."""
    step = ACTION["runs"]["steps"][-1]
    given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()} | {"recording": recording}
    given |= {"sarif": str(tmp_path / "netaudit.sarif"), **inputs}
    inputs_of = {name: value.removeprefix("${{ inputs.").removesuffix(" }}") for name, value in step["env"].items()}
    variables = {name: given[value] for name, value in inputs_of.items()}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(script, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_action_is_one() -> None:
    jsonschema.Draft7Validator(_schema("github-actions.json")).validate(ACTION)


def test_the_example_workflow_is_one_and_knows_the_actions_inputs() -> None:
    workflow = yaml.safe_load((REPOSITORY / "examples" / "github-workflow.yml").read_text())
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads `on` as true, GitHub does not
    jsonschema.Draft7Validator(_schema("github-workflows.json")).validate(workflow)
    steps = workflow["jobs"]["audit"]["steps"]
    (used,) = [step["with"] for step in steps if step.get("uses", "").startswith("netaudit/")]
    assert used.keys() <= ACTION["inputs"].keys()


def test_the_projects_own_workflow_is_one_and_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())
    workflow["on"] = workflow.pop(True)  # as above
    jsonschema.Draft7Validator(_schema("github-workflows.json")).validate(workflow)
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands == ["sudo .ci/run", ".ci/lowest"]
    assert all(os.access(REPOSITORY / command.split()[-1], os.X_OK) for command in commands)


def test_a_release_is_built_once_with_what_is_in_it_and_where_it_was_built() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "release.yml").read_text())
    workflow["on"] = workflow.pop(True)  # as above
    jsonschema.Draft7Validator(_schema("github-workflows.json")).validate(workflow)
    used = {step.get("uses", "").partition("@")[0] for step in workflow["jobs"]["build"]["steps"]}
    assert {"actions/attest-build-provenance", "actions/attest-sbom"} <= used


def test_the_example_configuration_is_one() -> None:
    file = REPOSITORY / "examples" / "netaudit.toml"
    config, waivers = load_config(file)
    check_names({one.id: one for one in load_checks()}, config, waivers, str(file))


def test_the_hook_runs_the_command() -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    assert (hook["entry"], hook["language"], hook["pass_filenames"]) == ("netaudit audit", "python", False)


@pytest.mark.matrix
def test_the_action_fails_where_something_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "netaudit.toml").write_text("exposure = false\n")
    config = str(tmp_path / "netaudit.toml")
    host = "tests/recordings/bad/docker-user-names-host-port/before"
    done = _run_action(tmp_path, host, config=config, strict="false")
    assert done.returncode == 1, done.stderr
    assert "::error file=tests/recordings/bad/docker-user-names-host-port/before/iptables-save.txt" in done.stdout
    assert json.loads((tmp_path / "netaudit.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "summary.md").read_text().startswith("# Security review")


def test_the_action_fails_where_the_engine_was_not_seen_unless_that_is_allowed(tmp_path: Path) -> None:
    for source in (REPOSITORY / "tests/recordings/bad/nothing-wrong/before").iterdir():
        if source.name not in ("docker-containers.json", "index.json"):
            (tmp_path / source.name).write_bytes(source.read_bytes())
    given_all: tuple[dict[str, str], ...] = ({}, {"strict": "false"}, {"strict": "false", "fail-on": "critical"})
    codes = [_run_action(tmp_path, str(tmp_path), **given).returncode for given in given_all]
    assert codes == [4, 1, 0]  # that most checks were not put is severe


def test_the_actions_inputs_are_data(tmp_path: Path) -> None:
    done = _run_action(tmp_path, "$(touch pwned); tests/recordings", **{"fail-on": "none"})
    assert done.returncode == 3
    assert "no such recording: $(touch pwned); tests/recordings" in done.stderr
    assert not (REPOSITORY / "pwned").exists()
