"""Conditions remember what they answered, and answer as if they did not."""

import itertools

import pytest

from netaudit.audit.checks.condition import Condition, FactTypes, KnownFacts

FACTS: FactTypes = (("name", str), ("open", bool), ("port", int), ("ports", list[int]))
TEXTS = (
    "open && port < 1024",
    "open || size(ports) > 1",
    'name == "a" ? open : port == 22',
    "ports.exists(port, port == 22) && !open",
    'name == "a" && ports.all(one, one < port)',
    "!(open && port == 22) || 22 in ports",
)
# Each fact is not known, or one of these.
VALUES = {"name": ("a", "b"), "open": (True, False), "port": (0, 1, 22, 8080), "ports": ([], [22], [22, 8080])}


@pytest.mark.parametrize("text", TEXTS)
def test_a_condition_that_was_asked_a_lot_answers_as_a_new_one(text: str) -> None:
    asked = Condition(text, FACTS)
    for values in itertools.product(*((None, *VALUES[name]) for name, _ in FACTS)):
        pairs = zip(VALUES, values, strict=True)
        seen = KnownFacts({name: value for name, value in pairs if value is not None}, FACTS)
        fresh = Condition(text, FACTS)
        assert asked.holds(seen) is fresh._evaluate(seen)  # noqa: SLF001 (what the library says of all facts)


def test_answers_that_numbers_and_lists_do_not_change_are_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = Condition('name == "a" && size(ports) > 1', FACTS)
    evaluate, evaluated = condition._evaluate, []  # noqa: SLF001 (what is counted)
    monkeypatch.setattr(condition, "_evaluate", lambda seen: (evaluated.append(seen), evaluate(seen))[1])
    seen = [KnownFacts({"name": "b", "ports": [1, port]}, FACTS) for port in range(1000)]
    assert {condition.holds(one) for one in seen} == {False}
    assert len(evaluated) == 1


def test_few_answers_are_kept() -> None:
    condition = Condition("port == 22", FACTS)
    for port in range(5000):
        assert condition.holds(KnownFacts({"port": port}, FACTS)) is (port == 22)
    assert len(condition._answers) <= 500  # noqa: SLF001 (what is kept)
