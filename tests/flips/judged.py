"""One flip of a recorded host: what a policy says of it, against the whole exposure table and traces of packets."""

import datetime as dt
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from bench.bench import MODEL
from bench.synthetic import make_facts
from programs import RECORDINGS

import netaudit
from flips.entries import Case, Rows, cases
from flips.flip import Flip, flips
from netaudit.api.rules import shipped_catalog
from netaudit.model.exposure import Delivery, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.hold import Holder
from netaudit.policy.verdict import Verdict

_WITNESS = re.compile(r"(?P<protocol>\w+) (?P<source>\S+):\d+ → (?P<target>\S+)")
_TRACED = 6  # rows of a flip


@dataclass
class Found:
    """What one flip brought."""

    recording: str
    what: str
    entries: int = 0
    changed: int = 0  # entries with another verdict than before
    traced: int = 0
    wrong: list[str] = field(default_factory=list)


@cache
def host(recording: str) -> Facts:
    """Load a recorded host, or make one of so many containers."""
    return make_facts(MODEL, int(recording)) if recording.isdigit() else netaudit.load(RECORDINGS / recording)


@cache
def flips_of(recording: str) -> tuple[Flip, ...]:
    """List the flips of a recorded host."""
    return tuple(flips(host(recording)))


@cache
def _unchanged(recording: str) -> tuple[tuple[Case, ...], dict[str, Verdict], Rows]:
    facts = host(recording)
    inventory = parse_snapshot(facts).inventory
    assert inventory
    found = tuple(cases(inventory))
    return found, held(facts, found), _table(facts)


def try_flip(recording: str, flip: Flip, seed: int) -> Found:
    """Judge a host with one rule changed in two ways, and trace example packets of rows."""
    entries, before, rows_before = _unchanged(recording)
    found = Found(recording, flip.what, len(entries))
    facts = flip.of(host(recording))
    now, rows = held(facts, entries), _table(facts)
    for one in entries:
        found.changed += now[one.text] is not before[one.text]
        if now[one.text] is not (expected := one.verdict(rows)):
            found.wrong.append(f"{one.text}: {now[one.text]}, and the table says {expected}")
    changed = [row for one in entries if now[one.text] is not before[one.text] for row in one.deciding(rows)]
    _trace(facts, _chosen(changed, rows, seed), rows_before, found)
    return found


def held(facts: Facts, entries: tuple[Case, ...]) -> dict[str, Verdict]:
    """Hold entries against a host."""
    holder = Holder(shipped_catalog(), dt.date(2026, 11, 28))
    policy = Policy(tuple(parse_entry(one.text) for one in entries))
    return {one.entry.text: one.verdict for one in holder.judge(parse_snapshot(facts), policy)}


def _table(facts: Facts) -> Rows:
    exact = netaudit.ComputeExposure.EXACTLY
    shown = netaudit.expose(facts, zones=netaudit.ZoneDetail.CONTAINERS, exposure=exact)
    return [one.exposure for one in shown.exposure or ()]


def _chosen(changed: Rows, rows: Rows, seed: int) -> Iterator[Exposure]:
    """Choose rows to trace: those that changed a verdict first, then any."""
    chance = random.Random(seed)  # noqa: S311 (a test's choice)
    yield from changed[:_TRACED]
    yield from chance.sample(rows, min(len(rows), _TRACED - len(changed[:_TRACED])))


def _trace(facts: Facts, chosen: Iterator[Exposure], before: Rows, found: Found) -> None:
    """Follow the example packet of each row: rule by rule, it has the end that the row says."""
    known = {(one.zone, one.destination): one.witness for one in before}
    for row in chosen:
        packet = _WITNESS.fullmatch(row.witness or known.get((row.zone, row.destination), ""))
        if packet is None or not _is_traced(row):
            continue
        outside = row.zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN)
        source = packet["source"].strip("[]") if outside else str(row.zone)
        said = netaudit.trace(facts, source, f"{packet['target']}/{packet['protocol']}").journey.trace.outcome
        found.traced += 1
        if (said is Outcome.ALLOWED) is not (row.outcome is Outcome.ALLOWED):
            found.wrong.append(f"{row.zone} {packet[0]}: {row.outcome}, and its trace {said}")


def _is_traced(row: Exposure) -> bool:
    """Leave out what a trace does not answer: the way on from docker-proxy, senders not there yet, talk to oneself."""
    if row.outcome is Outcome.MAY or row.zone.within or row.zone.kind is ZoneKind.NETWORK:
        return False
    if row.way is Delivery.PROXY and row.outcome is Outcome.BLOCKED:
        return False
    if ReasonKind.NAT_ELSEWHERE in kinds_of(row.reason):  # the trace goes where the rules lead it
        return False
    return not (row.zone.kind is ZoneKind.CONTAINER and row.zone.name == row.destination.container_name)
