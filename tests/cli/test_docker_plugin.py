"""`docker netaudit`: what Docker's own command line makes of the plugin."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lab.clients import client_of
from programs import ONE_PORT, REPOSITORY, environment

from netaudit.release import RELEASE


def _plugin(folder: Path) -> Path:
    """Make the program that pip would: `docker-netaudit`."""
    program = folder / "docker-netaudit"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from netaudit.docker_plugin import script\nscript()\n"
    )
    program.chmod(0o755)
    return program


def _run(*argv: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, argv)], capture_output=True, text=True, check=False, env=environment(**variables), timeout=120
    )


def test_docker_is_told_what_the_plugin_is(tmp_path: Path) -> None:
    done = _run(_plugin(tmp_path), "docker-cli-plugin-metadata")
    assert json.loads(done.stdout)["SchemaVersion"] == "0.1.0"
    assert json.loads(done.stdout)["Version"] == RELEASE


@pytest.mark.parametrize("option", [["--host", "tcp://127.0.0.1:1"], ["--host=tcp://127.0.0.1:1"], ["-c", "away"]])
def test_dockers_own_options_are_followed(tmp_path: Path, option: list[str]) -> None:
    done = _run(_plugin(tmp_path), *option, "netaudit", "audit", ONE_PORT / "01", "--severity-of", "x")
    assert done.returncode == 2
    assert "--severity-of" in done.stderr


def test_an_option_of_docker_that_is_not_followed_is_refused(tmp_path: Path) -> None:
    done = _run(_plugin(tmp_path), "--tls", "netaudit", "show")
    assert done.returncode == 2
    assert done.stderr.startswith("netaudit: docker's option --tls is not followed")


@pytest.mark.engine
def test_docker_runs_it_as_a_command_of_its_own(tmp_path: Path) -> None:
    docker, _ = client_of("28.5.2")
    plugins = tmp_path / "cli-plugins"
    plugins.mkdir()
    _plugin(plugins)
    home = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": "unix:///nowhere"}
    assert "netaudit*" in _run(docker, "--help", **home).stdout
    shown = _run(docker, "netaudit", "show", ONE_PORT / "01", "--format", "json", **home)
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["schema"] == "netaudit/show/v1"
