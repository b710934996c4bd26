"""What the documentation says is true. UPDATE_GOLDENS=1 (`make goldens`) writes again what is made."""

import os
import re
import textwrap
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from lab import probe_all, proof
from lab.scenarios import runs
from pages import fleet_tables, how_to, json_schema, manual, model_page, policy_schema, rooms, rule_references, tour
from programs import run_inside

import netaudit
from netaudit.cli.commands.program import COMMANDS
from netaudit.release import RELEASE

REPOSITORY = Path(__file__).resolve().parents[1]
README = REPOSITORY / "README.md"
_RECORDING = REPOSITORY / "tests" / "recordings" / "20.10.24-iptables-nft" / "default-one-port"
_REPORT = re.compile(r"(    \$ netaudit diff [^\n]*\n\n)((?:    [^\n]*\n|\n)*?)(?=\n## )")
_UPDATE = os.environ.get("UPDATE_GOLDENS") == "1"


def _real_report() -> str:
    return textwrap.indent(run_inside("diff", _RECORDING / "00", _RECORDING / "01").stdout, "    ")


def test_the_report_in_the_readme_is_what_the_command_prints() -> None:
    text = README.read_text()
    if _UPDATE:
        README.write_text(_REPORT.sub(lambda found: found[1] + _real_report(), text))
    found = _REPORT.search(README.read_text())
    assert found
    assert found[2] == _real_report()


def test_the_readme_names_every_command() -> None:
    named = re.findall(r"^\| (`netaudit .*?`) \|", README.read_text(), re.MULTILINE)
    assert set(re.findall(r"`netaudit (\w+)", " ".join(named))) == {*COMMANDS, "fleet"}


def test_the_readme_fits_one_screen_and_a_half() -> None:
    assert len(README.read_text().splitlines()) <= 80


def test_the_readme_names_files_that_are_there() -> None:
    names = re.findall(r"\]\(([^)#:]+)\)", README.read_text())
    assert len(names) > 8
    assert [name for name in names if not (REPOSITORY / name).exists()] == []


_PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
_TOPS = r"netaudit|tests|docs|rules|templates|examples|\.ci|\.github"
_PATH = re.compile(rf"(?<![\w/.:-])(?:\.\./)?((?:{_TOPS})/[\w.*/+-]*[\w*])")
_MODULE = re.compile(r"`(netaudit(?:\.[a-z_]+)+)")
_BARE = re.compile(r"`([a-z_]+\.py)`")
_MADE = ("tests/recordings/", "tests/packed/ENGINE")  # unpacked by each run; names with a placeholder


def _paths_in(page: Path) -> set[str]:
    """Find what a page names as a path of this repository, wherever it stands; `*` is any name."""
    text = re.sub(r"https?://\S+", "", page.read_text())
    paths = {found.partition("::")[0] for found in _PATH.findall(text) if not re.search(r"[A-Z]{4}", found)}
    schemas = {path for path in paths if path.endswith("/v1")}
    bare = {f"netaudit/**/{found}" for found in _BARE.findall(text)}
    return {path.rstrip(".") for path in paths - schemas | bare if not path.startswith(_MADE)}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    assert [path for path in sorted(_paths_in(page)) if not any(REPOSITORY.glob(path))] == []


def _is_module_or_member(name: str) -> bool:
    package, _, member = name.rpartition(".")
    here, above = (REPOSITORY / one.replace(".", "/") for one in (name, package))
    if here.is_dir() or here.with_suffix(".py").exists():
        return True
    files = [above.with_suffix(".py"), above / "__init__.py"]
    return any(
        file.exists() and re.search(rf"^(?:def |class |from .*)?{member}\b", file.read_text(), re.MULTILINE)
        for file in files
    )


_PUBLIC = {f"netaudit.{name}" for name in netaudit.__all__}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    named = set(_MODULE.findall(page.read_text())) - {"netaudit.toml", "netaudit.waive", *_PUBLIC}  # a file, a label
    assert [name for name in sorted(named) if not _is_module_or_member(name)] == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_pages_name_paths_at_all() -> None:
    assert sum(len(_paths_in(page)) for page in _PAGES) > 80


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


@pytest.mark.parametrize("path", _CATALOG, ids=lambda path: path.stem)
def test_every_reference_of_the_catalog_is_a_section_of_the_page(path: Path) -> None:
    anchors = set(re.findall(r"^### (\w+)$", rule_references.PATH.read_text(), re.MULTILINE))
    signatures = yaml.safe_load(path.read_text()).get("signatures", {}).values()
    named = {name for one in signatures for name in one.get("reference", "").split()}
    assert named - anchors == set()


def test_no_two_references_are_called_the_same() -> None:
    rows = rule_references.rows()
    keys = [(row["family"], row["id"], row["table"], row["ip"], row["template"], row["condition"]) for row in rows]
    assert len(keys) == len(set(keys)) > 300


_STRANGERS = re.compile(r"install (?:-\S+ )*['\"]?netaudit(?:[\[ ]|$)", re.MULTILINE)


def test_nothing_tells_the_reader_to_install_the_strangers_program_of_the_same_name() -> None:
    files = [*_PAGES, REPOSITORY / "action.yml", *(REPOSITORY / "netaudit").rglob("*.py")]
    files += [path for folder in ("examples", "packaging") for path in (REPOSITORY / folder).rglob("*.*")]
    assert [str(path) for path in files if _STRANGERS.search(path.read_text(errors="replace"))] == []


def test_the_changelog_has_this_release() -> None:
    assert f"## {RELEASE}" in (REPOSITORY / "CHANGELOG.md").read_text()


@pytest.mark.matrix
def test_the_proof_page_is_what_the_recordings_say() -> None:
    if _UPDATE:
        proof.main()
    assert (REPOSITORY / "docs" / "proof.md").read_text() == proof.render()


def test_the_page_of_agreement_covers_the_whole_lab_and_names_nothing_wrong() -> None:
    text = probe_all.PAGE.read_text().partition("## Random hosts")[0]
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
    "page",
    [
        manual,
        fleet_tables,
        json_schema,
        policy_schema,
        model_page,
        rooms,
        rule_references,
        pytest.param(how_to, marks=pytest.mark.matrix),
        pytest.param(tour, marks=pytest.mark.matrix),
    ],
    ids=lambda page: page.PATH.name,
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
