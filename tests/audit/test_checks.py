"""rules/checks: every check flags its own examples and passes its clean ones; what is invalid is refused."""

from pathlib import Path

import pytest

from netaudit.audit.checks.check import Check, Example
from netaudit.audit.checks.condition import KnownFacts
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import declared, fact_types
from netaudit.catalog import load_checks, load_checks_from, load_services
from netaudit.errors import CatalogError

CHECKS = load_checks()
EXAMPLES = [(check, example) for check in CHECKS for example in check.examples]
GOOD = """
summary: A container is called bad.
severity: high
confidence: medium
subject: container
condition: container == "bad"
finding: "{container} is bad."
rationale: It says so itself.
remediation: Rename {container}.
flagged: [{container: bad}]
clean: [{container: good}]
"""


def _name(value: object) -> str:
    match value:
        case Check(id=name):
            return name
        case Example(facts, flagged):
            return f"{'flags' if flagged else 'passes'} {facts}"
        case _:
            return ""


@pytest.mark.parametrize(("check", "example"), EXAMPLES, ids=_name)
def test_a_check_flags_what_it_says_and_passes_what_it_says(check: Check, example: Example) -> None:
    seen = KnownFacts(example.facts, fact_types(FACTS[check.subject]))
    assert check.condition.holds(seen) is example.flagged


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_check_has_examples_of_both_kinds_and_whole_sentences(check: Check) -> None:
    assert {example.flagged for example in check.examples} == {True, False}
    assert check.summary.endswith(".")
    assert check.rationale.endswith((".", '"'))
    assert check.remediation


@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_a_condition_hangs_on_its_facts(check: Check) -> None:
    assert check.condition.reads
    assert check.condition.holds(KnownFacts({}, fact_types(FACTS[check.subject]))) is None


@pytest.mark.parametrize("kind", FACTS)
def test_every_fact_is_documented_and_one_that_may_be_unknown_names_who_would_tell(kind: str) -> None:
    facts = FACTS[kind]  # type: ignore[index]
    empty = facts().known()
    for one in declared(facts):
        assert one.meaning.endswith(".")
        assert bool(one.sources) == (one.name not in empty), one.name


def test_services_have_ports_or_images() -> None:
    assert all(one.ports or one.images for one in load_services())


def test_a_folder_of_checks_needs_no_python(tmp_path: Path) -> None:
    (tmp_path / "bad-name.yaml").write_text(GOOD)
    (check,) = load_checks_from(tmp_path)
    assert (check.id, check.condition.reads) == ("bad-name", ("container",))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("severity: high", "severity: grave", ":3: severity: Invalid enum value 'grave'"),
        ("subject: container", "subject: contain", ":5: subject: Invalid enum value 'contain'"),
        ('container == "bad"', "name == 1", ":6: condition: undeclared reference to 'name' (at character 1)"),
        ('container == "bad"', "container == 1", ":6: condition: found no matching overload"),
        ('container == "bad"', "container", ":6: condition: is no yes or no, but STRING"),
        ('container == "bad"', "host_network &&", ":6: condition: Syntax error"),
        ("{container} is bad", "{name} is bad", ":7: finding: unknown fact {name}"),
        ("Rename {container}", "Rename {name}", ":9: remediation: unknown fact {name}"),
        ("{container: bad}", "{name: bad}", ":10: flagged: unknown fact name"),
        ("{container: good}", "{container: 1}", ":11: clean: fact container: Expected `str`, got `int`"),
        ("[{container: good}]", "[]", ":11: clean: needs at least one example"),
        ("summary: A", "colour: red\nsummary: A", ":2: colour: "),
        ("rationale: It says so itself.\n", "", ": Object missing required field `rationale`"),
        ("severity: high", "severity: high: low", ":3: not YAML"),
    ],
)
def test_what_is_invalid_is_refused_with_file_line_and_key(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in GOOD
    file = tmp_path / "bad-name.yaml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(CatalogError) as caught:
        load_checks_from(tmp_path)
    assert caught.value.message.startswith(f"{file}{where}")
    assert "docs/checks.md" in caught.value.hint


def test_a_file_is_named_by_the_checks_id(tmp_path: Path) -> None:
    (tmp_path / "Bad_Name.yaml").write_text(GOOD)
    with pytest.raises(CatalogError, match="kebab-case"):
        load_checks_from(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such folder of checks"):
        load_checks_from(tmp_path / "nowhere")
