"""Wait until the engine and the kernel have finished what somebody has just asked for."""

import time
from collections.abc import Sequence

import msgspec

from netaudit.collect.asking.options import Where
from netaudit.collect.collector import collect, facts_of
from netaudit.collect.docker.config import ask_daemon
from netaudit.collect.docker.engine import ask_engine, ask_objects
from netaudit.collect.kernel.iptables import legacy_marks
from netaudit.collect.netlink.generation import ask_generation
from netaudit.model.facts import INVENTORY_SOURCES, PODMAN_SOURCES, RULE_SOURCES, Facts, Source
from netaudit.model.history.noise import without_noise

INTERVAL = 0.25  # seconds between two looks


def collect_when_quiet(where: Where, *, wait: float) -> Facts:
    """Collect until two looks in a row agree on rules and inventory, or `wait` seconds have gone.

    Return the last facts; they are partial where they do not agree with those before. The second look does not read
    again the rules of which the kernel says that they are still the same: on a large host that is all the time.
    """
    deadline = time.monotonic() + wait
    facts = collect(where)
    while True:
        time.sleep(INTERVAL)
        if _is_surely_same(facts, where):
            return facts
        before, facts = _stable_parts(facts), collect(where)
        if _stable_parts(facts) == before:
            return facts
        if time.monotonic() >= deadline:
            return msgspec.structs.replace(facts, partial=True)


def _is_surely_same(facts: Facts, where: Where) -> bool:
    """Tell whether nobody changed rules or inventory since; False where that cannot be told without reading them."""
    if facts.generation is None or any(gap.source in RULE_SOURCES for gap in facts.gaps):
        return False
    if any(source in facts.files for source in PODMAN_SOURCES):  # it is not asked below
        return False
    marks = legacy_marks()  # of tables that are there only their bytes tell: they are not counted as nf_tables' are
    if any(marks.values()) or not marks.keys() <= set(facts.unused):
        return False
    asked = facts_of((*ask_daemon(where), *ask_engine(where), *ask_objects(where)))
    same = _parts(asked, INVENTORY_SOURCES) == _parts(facts, INVENTORY_SOURCES)
    return same and ask_generation() == facts.generation


def _stable_parts(facts: Facts) -> tuple[object, ...]:
    """Reduce facts to what a change of rules or inventory changes."""
    return *_parts(facts, (*RULE_SOURCES, *INVENTORY_SOURCES, *PODMAN_SOURCES)), sorted(facts.unused)


def _parts(facts: Facts, sources: Sequence[Source]) -> tuple[object, ...]:
    files = {source: without_noise(source, facts.files[source]) for source in sources if source in facts.files}
    return files, sorted(gap for gap in facts.gaps if gap.source in sources)
