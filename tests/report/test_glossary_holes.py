"""No output has a word that `explain` does not know: JSON's values, the headings and the labels that commands print."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import run_inside

from netaudit.model.plan import AssumptionKind
from netaudit.report.terminal.explain.glossary import ALL_WORDS, look_up

REPOSITORY = Path(__file__).parents[2]
BAD = REPOSITORY / "tests" / "recordings" / "bad"
DATABASE = BAD / "database-on-every-address"
_LABEL = re.compile(r"(?m)^ {2,4}([a-z][a-z -]{1,24}?)(?: {2,}\S|: )|^([a-z][a-z ]{1,30})$")
_SENTENCES = {"are", "from", "it", "there", "and none comes to it", "was run or changed on the host", "ahead of it"}


def _values(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (one for one in node.get("enum", ()) if isinstance(one, str) and not one.startswith("netaudit/"))
        for value in node.values():
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)


def _schemas() -> list[str]:
    files = [*(REPOSITORY / "docs").glob("*.schema.json"), *(REPOSITORY / "docs" / "schemas").glob("*.json")]
    return sorted({value for file in files for value in _values(json.loads(file.read_text()))})


@pytest.mark.parametrize("word", _schemas())
def test_every_value_of_json_is_explained(word: str) -> None:
    assert look_up(word).split("\n  ")[1].endswith(".")


COMMANDS = [
    ("audit", "-v", DATABASE / "before"),
    ("audit", "-v", BAD / "ufw-deny-bypassed" / "before"),
    ("audit", "--verify-fix", "-v", DATABASE / "before"),
    ("trace", "--from", "internet", "--to", "container:db:5432", DATABASE / "before"),
    ("explain", "DOCKER", DATABASE / "before"),
    ("exposure", DATABASE / "before"),
    ("show", DATABASE / "before"),
    ("diff", DATABASE / "before", DATABASE / "after"),
    ("plan", "-v", "--on", DATABASE / "before", "--", "iptables", "-P", "FORWARD", "ACCEPT"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(map(str, command[:2])))
def test_every_label_and_heading_of_a_report_is_explained(command: tuple[str | Path, ...]) -> None:
    done = run_inside(*command)
    labels = {one or other for one, other in _LABEL.findall(done.stdout)} - _SENTENCES
    assert done.stdout
    assert {one for one in labels if not look_up(one)} == set()


@pytest.mark.parametrize(
    "word", ["kept", "accepted", "iptables", "nft", "hook", "writer", "port", "address", "refused"]
)
def test_words_that_readers_asked_for_are_explained(word: str) -> None:
    assert look_up(word)


def test_no_word_is_explained_twice_and_assumptions_by_their_sentence() -> None:
    assert len(ALL_WORDS) > 150
    assert "What would settle it:" in look_up(AssumptionKind.STAYS_UP)
