from itertools import chain

import pytest

from netaudit.attribute.attribution import CauseKind, Confidence, Coverage, Standing
from netaudit.model.exposure import Delivery, Outcome, ZoneKind
from netaudit.model.facts import GapReason
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.severity import Severity
from netaudit.policy.verdict import Verdict
from netaudit.report.terminal.explain.glossary import ALL_WORDS, look_up, render_word
from netaudit.report.terminal.explain.words import SYMBOLS

_ENUMS = (Confidence, Standing, Outcome, Delivery, ZoneKind, CauseKind, GapReason, ObjectKind)
REPORTED = sorted({*map(str, chain.from_iterable(_ENUMS)), *Coverage.__struct_fields__})


@pytest.mark.parametrize("word", [*REPORTED, *"+-~>!?", "added", "removed", "altered", "moved", "gap", "exposure"])
def test_every_word_and_symbol_of_a_report_is_explained(word: str) -> None:
    assert look_up(word).split("\n  ")[1].endswith(".")


@pytest.mark.parametrize(
    "word",
    [
        *map(str, chain(Severity, Verdict)),
        "not for all",
        "limited",
        "inside",
        "operator",
        "finding",
        "confidence",
        "zone",
        "row",
        "also",
        "waived",
        "baseline",
    ],
)
def test_words_of_findings_and_policies_are_explained(word: str) -> None:
    assert look_up(word)


def test_a_zone_is_known_with_its_name_and_a_chain_in_its_own_letters() -> None:
    assert look_up("lan:eth0") == look_up("lan")
    assert look_up("network:front") == look_up("network")
    assert look_up("DOCKER-USER") == look_up("docker-user")


def test_only_words_of_reports_are_explained() -> None:
    assert look_up("banana") == look_up("") == ""
    assert look_up("Stale") == look_up("stale")


@pytest.mark.parametrize("word", [*ALL_WORDS, *SYMBOLS])
def test_an_explanation_fits_into_80_columns(word: str) -> None:
    assert max(map(len, render_word(look_up(word), 80).split("\n"))) <= 80
