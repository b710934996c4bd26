"""What the documentation says is true. UPDATE_GOLDENS=1 (`make goldens`) writes anew what is made."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from lab import probe_all, proof
from lab.scenarios import runs
from pages import json_schema, manual, model_page

from netaudit.cli import app
from netaudit.release import RELEASE

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
_RECORDING = REPOSITORY / "tests" / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
_REPORT = re.compile(r"(    \$ netaudit diff [^\n]*\n\n)((?:    [^\n]*\n|\n)*?)(?=\n## )")
_UPDATE = os.environ.get("UPDATE_GOLDENS") == "1"


def _real_report() -> str:
    command = [sys.executable, "-m", "netaudit", "diff", str(_RECORDING / "00"), str(_RECORDING / "01")]
    report = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout
    return textwrap.indent(report, "    ")


def test_the_report_in_the_readme_is_what_the_command_prints() -> None:
    text = README.read_text()
    if _UPDATE:
        README.write_text(_REPORT.sub(lambda found: found[1] + _real_report(), text))
    found = _REPORT.search(README.read_text())
    assert found
    assert found[2] == _real_report()


def test_the_readme_names_every_command() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    named = re.findall(r"^\| (`netaudit .*?`) \|", README.read_text(), re.MULTILINE)
    assert set(re.findall(r"`netaudit (\w+)", " ".join(named))) == commands


def test_the_readme_fits_one_screen_and_a_half() -> None:
    assert len(README.read_text().splitlines()) <= 80


def test_the_readme_names_files_that_are_there() -> None:
    names = re.findall(r"\]\(([^)#:]+)\)", README.read_text())
    assert len(names) > 8
    assert [name for name in names if not (REPOSITORY / name).exists()] == []


def test_the_signature_in_contributing_is_the_one_in_the_catalog() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    (shown,) = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(  loopback.*?)```", text, re.DOTALL))
    catalog = yaml.safe_load((REPOSITORY / "rules" / "attribution" / "docker-iptables.yaml").read_text())
    assert shown == {"loopback-drop": catalog["signatures"]["loopback-drop"]}


def test_the_maker_in_contributing_is_the_one_in_the_catalog() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    (shown,) = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(maker.*?)```", text, re.DOTALL))
    catalog = yaml.safe_load((REPOSITORY / "rules" / "attribution" / "fail2ban.yaml").read_text())
    assert {key: catalog[key] for key in ("maker", "title")} == {key: shown[key] for key in ("maker", "title")}
    assert shown["owns"].keys() <= catalog["owns"].keys()


_CATALOG = sorted((REPOSITORY / "rules" / "attribution").glob("*.yaml"))


@pytest.mark.parametrize("path", _CATALOG, ids=lambda path: path.stem)
def test_contributing_says_what_every_key_of_the_catalog_means(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    inner = [*content.get("signatures", {}).values(), *content.get("owns", {}).values()]
    telltales = [one for some in content.get("options", {}).values() for one in some]
    keys = {key for one in (content, *inner, *telltales) for key in one}
    told = set(re.findall(r"`([a-z]+)[^`]*`", (REPOSITORY / "CONTRIBUTING.md").read_text()))
    assert keys - told == set()


def test_the_changelog_has_this_release() -> None:
    assert f"## {RELEASE}" in (REPOSITORY / "CHANGELOG.md").read_text()


@pytest.mark.matrix
def test_the_proof_page_is_what_the_recordings_say() -> None:
    if _UPDATE:
        proof.main()
    assert (REPOSITORY / "docs" / "proof.md").read_text() == proof.render()


def test_the_page_of_agreement_covers_the_whole_lab_and_names_nothing_wrong() -> None:
    text = probe_all.PAGE.read_text()
    header, _, *rows = [line for line in text.splitlines() if line.startswith("|")]
    engines = [cell.strip() for cell in header.strip("|").split("|")][1:]
    cells = {
        (name.strip(), engine): cell.strip()
        for name, *values in (row.strip("|").split("|") for row in rows)
        for engine, cell in zip(engines, values, strict=True)
    }
    ran = {(scenario.name, f"{version} {backend.removeprefix('iptables-')}") for scenario, version, backend in runs()}
    assert {place for place, cell in cells.items() if cell} == ran
    assert [place for place, cell in cells.items() if "wrong" in cell or "failed" in cell] == []


@pytest.mark.parametrize(
    "page", [manual, json_schema, model_page], ids=["netaudit.1", "netaudit-v1.schema.json", "template-model.md"]
)
def test_pages_that_are_made_are_as_they_would_be_made_now(page: ModuleType) -> None:
    if _UPDATE:
        page.main()
    assert page.PATH.read_text() == page.render()


def test_every_link_of_the_template_page_leads_to_a_section() -> None:
    page = model_page.render()
    sections = {line.removeprefix("### ").lower() for line in page.splitlines() if line.startswith("### ")}
    assert set(re.findall(r"\(#(\w+)\)", page)) <= sections


def test_the_man_page_is_one() -> None:
    page = manual.render()
    assert page.startswith(".TH NETAUDIT 1 ")
    for command in ("record", "diff", "report"):
        assert f"\n.SS netaudit {command} " in page
    assert "\\-\\-template <path>" in page


@pytest.mark.parametrize("word", ["make demo", "make test"])
def test_the_readme_names_both_commands(word: str) -> None:
    assert word in README.read_text()
