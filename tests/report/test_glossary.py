from itertools import chain

import pytest

from netaudit.attribute.attribution import CauseKind, Confidence, Coverage, Standing
from netaudit.model.exposure import Delivery, Outcome, ZoneKind
from netaudit.model.facts import GapReason
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.report.terminal.explain.glossary import SYMBOLS, WORDS, look_up, render_word

_ENUMS = (Confidence, Standing, Outcome, Delivery, ZoneKind, CauseKind, GapReason, ObjectKind)
REPORTED = sorted({*map(str, chain.from_iterable(_ENUMS)), *Coverage.__struct_fields__})


@pytest.mark.parametrize("word", [*REPORTED, *"+-~>!?", "added", "removed", "altered", "moved", "gap", "exposure"])
def test_every_word_and_symbol_of_a_report_is_explained(word: str) -> None:
    assert look_up(word).split("\n  ")[1].endswith(".")


def test_only_words_of_reports_are_explained() -> None:
    assert look_up("banana") == look_up("") == ""
    assert look_up("Stale") == look_up("stale")


@pytest.mark.parametrize("word", [*WORDS, *SYMBOLS])
def test_an_explanation_fits_into_80_columns(word: str) -> None:
    assert max(map(len, render_word(look_up(word), 80).split("\n"))) <= 80
