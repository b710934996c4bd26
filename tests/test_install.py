"""netaudit as people install it: the wheel in an environment of its own, on a server without a compiler."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pages import completions
from wheels import build_wheel

from netaudit.release import RELEASE

REPOSITORY = Path(__file__).parent.parent
RECORDING = REPOSITORY / "tests" / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
COMPLETIONS = (
    "bash-completion/completions/netaudit",
    "zsh/site-functions/_netaudit",
    "fish/vendor_completions.d/netaudit.fish",
)
pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("install")]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and what it needs, from binary packages alone."""
    folder = tmp_path_factory.mktemp("install")
    wheel = build_wheel(folder)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, capture_output=True)
    pip = [folder / "venv" / "bin" / "pip", "install", "-q", "--only-binary", ":all:", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return folder / "venv"


def _run(*argv: str | Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DOCKER_"))}
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=True, cwd="/", env=clean)
    return done.stdout


def test_it_needs_no_compiler_and_answers(environment: Path) -> None:
    netaudit = environment / "bin" / "netaudit"
    assert _run(netaudit, "--version").strip().endswith(RELEASE)
    changes = json.loads(_run(netaudit, "diff", RECORDING / "00", RECORDING / "01", "--format", "json"))["changes"]
    assert len(changes) > 2
    assert "python-iptables" not in _run(environment / "bin" / "pip", "list")


def test_the_man_page_and_completions_come_with_it(environment: Path) -> None:
    assert (environment / "share/man/man1/netaudit.1").read_bytes() == (REPOSITORY / "docs/netaudit.1").read_bytes()
    for place in COMPLETIONS:
        assert "_NETAUDIT_COMPLETE" in (environment / "share" / place).read_text()


def test_a_shell_completes_its_commands(environment: Path) -> None:
    script = environment / "share/bash-completion/completions/netaudit"
    line = "COMP_LINE='netaudit aud'; COMP_POINT=${#COMP_LINE}"
    completed = f"{line}; _netaudit_completion netaudit; echo ${{COMPREPLY[@]}}"
    assert _run("bash", "-c", f"PATH={environment}/bin:$PATH; . {script}; {completed}").split() == ["audit"]


def test_docker_may_take_it_for_a_plugin(environment: Path) -> None:
    told = json.loads(_run(environment / "bin" / "docker-netaudit", "docker-cli-plugin-metadata"))
    assert told["Version"] == RELEASE


@pytest.mark.parametrize("shell", completions.FILES)
def test_completions_are_as_they_would_be_made_now(shell: str) -> None:
    assert (completions.FOLDER / completions.FILES[shell]).read_text() == completions.render(shell)
