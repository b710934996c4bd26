"""Words and symbols of a report -> their meaning."""

from collections.abc import Iterator

from netaudit.model.plan import AssumptionKind
from netaudit.report.terminal.explain.chains import look_up_chain
from netaudit.report.terminal.explain.more_words import MORE
from netaudit.report.terminal.explain.words import SYMBOLS, WORDS
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.plan.assumptions import describe_kind

ALL_WORDS = {**WORDS, **MORE}
_ZONES = ("lan", "network", "container")  # lan:eth0, network:front


def look_up(subject: str) -> str:
    """Return what a word or symbol means, "" where reports do not use it."""
    if subject in SYMBOLS:
        word, meaning = SYMBOLS[subject]
        return f"{subject} ({word})\n  {meaning}"
    word = " ".join(subject.lower().replace("_", " ").strip(" :?").split())
    word = word if word in ALL_WORDS or word.partition(":")[0] not in _ZONES else word.partition(":")[0]
    if chain := look_up_chain(subject):
        return chain
    if word in ALL_WORDS:
        return f"{word}\n  {ALL_WORDS[word]}"
    if word in set(AssumptionKind):
        return f"{word}\n  {describe_kind(AssumptionKind(word))}"
    return next((f"{mark} ({name})\n  {meaning}" for mark, (name, meaning) in SYMBOLS.items() if name == word), "")


def render_word(meaning: str, width: int) -> str:
    """Wrap what `look_up` found."""
    return "\n".join(_wrapped(meaning, width)) + "\n"


def _wrapped(meaning: str, width: int) -> Iterator[str]:
    for line in meaning.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        yield from wrap(line, width, rest=indent, hyphens=True)
