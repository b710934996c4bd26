"""Wait until the engine and the kernel have finished what somebody has just asked for."""

import time

import msgspec

from netaudit.collect.asking.normalise import without_noise
from netaudit.collect.asking.options import Where
from netaudit.collect.collector import collect
from netaudit.model.facts import INVENTORY_SOURCES, RULE_SOURCES, Facts

INTERVAL = 0.25  # seconds between two looks


def collect_when_quiet(where: Where, *, wait: float) -> Facts:
    """Collect until two collections in a row agree on rules and inventory, or `wait` seconds have gone.

    Return the last facts; they are partial where they do not agree with those before. At least two collections are
    made: one alone says nothing about quiet.
    """
    deadline = time.monotonic() + wait
    facts = collect(where)
    while True:
        before = _stable_parts(facts)
        time.sleep(INTERVAL)
        facts = collect(where)
        if _stable_parts(facts) == before:
            return facts
        if time.monotonic() >= deadline:
            return msgspec.structs.replace(facts, partial=True)


def _stable_parts(facts: Facts) -> tuple[object, ...]:
    """Reduce facts to what a change of rules or inventory changes."""
    sources = (*RULE_SOURCES, *INVENTORY_SOURCES)
    files = {source: without_noise(source, facts.files[source]) for source in sources if source in facts.files}
    gaps = sorted(gap for gap in facts.gaps if gap.source in sources)
    return files, gaps, sorted(facts.unused)
