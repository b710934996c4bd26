"""A screen leaves out only checks that are false, whatever else is known of a subject."""

from collections.abc import Iterator

import pytest

from netaudit.audit.checks.answer import Answer, bound_facts
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.screen import Screen
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.exposure import ExposureFacts
from netaudit.audit.subjects.fact import SubjectFacts, fact_types


def _of(kind: CheckedKind, checks: tuple[Check, ...]) -> list[Check]:
    return [one for one in checks if one.subject is kind]


def _examples(checks: list[Check]) -> Iterator[SubjectFacts]:
    for check in checks:
        for example in check.examples:
            values = {name: tuple(one) if isinstance(one, list) else one for name, one in example.facts.items()}
            yield FACTS[check.subject](**values)


@pytest.mark.parametrize("kind", list(CheckedKind))
def test_whatever_is_not_known_no_check_is_left_out_that_may_hold(kind: CheckedKind, checks: tuple[Check, ...]) -> None:
    mine, types = _of(kind, checks), fact_types(FACTS[kind])
    screen = Screen(mine, types)
    for facts in _examples(mine):
        for unsure in (frozenset[str](), *({name} for name, _ in types)):
            known = {name: value for name, value in facts.known().items() if name not in unsure}
            left = screen.left(facts, unsure)
            out = [one for one in mine if one not in left]
            assert {bound_facts(known, types).answer(one.condition) for one in out} <= {Answer.NO}


def test_what_is_alike_in_words_is_asked_once(checks: tuple[Check, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(_of(CheckedKind.EXPOSURE, checks), fact_types(ExposureFacts))
    find, found = screen._find, []  # noqa: SLF001 (what is counted)
    monkeypatch.setattr(screen, "_find", lambda words: (found.append(words), find(words))[1])
    for port in range(1, 1000):
        facts = ExposureFacts(zone="lan", outcome="blocked", destination="container-ports", ports=(f"{port}",))
        assert screen.left(facts, ()) == ()
    assert len(found) == 1


def test_few_combinations_are_kept(checks: tuple[Check, ...]) -> None:
    screen = Screen(_of(CheckedKind.EXPOSURE, checks), fact_types(ExposureFacts))
    for number in range(5000):
        screen.left(ExposureFacts(service=f"{number}"), ())
    assert len(screen._open) <= 2000  # noqa: SLF001 (what is kept)
