"""`make bench`: what holds sets of packets best? Decision diagrams of two libraries, and plain partitions into boxes.

Each leads all packets through 5,000 rules, first match first, and then asks 1,000 times what decides about a packet's
destination. A box is a product of ranges, one per field; subtracting one from another leaves up to two per field.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tabulate import tabulate

from netaudit.packets.sets.space import PacketSpace

FIELDS = {"iif": 3, "protocol": 8, "daddr": 32, "dport": 16, "saddr": 32}
Rule = dict[str, tuple[int, int]]
Box = tuple[tuple[int, int], ...]
_ASKED = 1000
_PATIENCE = 10.0


def main() -> None:
    """Measure and print."""
    rows = [
        (kind, size, *(_seconds(one, list(make(size))) for one in WAYS))
        for kind, make in KINDS.items()
        for size in (500, 5000)
    ]
    print(
        tabulate(rows, headers=["rules", "number", *(one.__name__.strip("_") for one in WAYS)], disable_numparse=True)
    )


def _seconds(way: Callable[[Sequence[Rule]], bool], rules: Sequence[Rule]) -> str:
    start = time.perf_counter()
    try:
        done = way(rules)
    except ImportError:
        return "not installed"
    return f"{time.perf_counter() - start:.2f}" if done else f"> {_PATIENCE:g}"


def _docker(size: int) -> Iterator[Rule]:
    for number in range(size):
        address, port = 0xAC110002 + number, 80 + number % 7
        yield {"daddr": (address, address), "protocol": (6, 6), "dport": (port, port), "iif": (0, 1)}


def _blocklist(size: int) -> Iterator[Rule]:
    chance = random.Random(1)  # noqa: S311 (rulesets, not secrets)
    for _ in range(size):
        bits = chance.choice((0, 0, 4, 8))
        first = chance.getrandbits(32) >> bits << bits
        yield {"saddr": (first, first + (1 << bits) - 1)}


def _operators(size: int) -> Iterator[Rule]:
    """Rules over sources, networks of destinations and ranges of ports, which overlap."""
    chance = random.Random(2)  # noqa: S311 (the same)
    for _ in range(size):
        bits, narrow, port = chance.choice((8, 12, 16)), chance.choice((0, 4, 8)), chance.getrandbits(16)
        source, target = (
            chance.getrandbits(32) >> bits << bits,
            (0xAC110000 + chance.getrandbits(12)) >> narrow << narrow,
        )
        rule = {"saddr": (source, source + (1 << bits) - 1), "daddr": (target, target + (1 << narrow) - 1)}
        yield rule | {"protocol": (6, 6), "dport": (port, min(port + 100, 65535))}


KINDS = {"docker's": _docker, "a blocklist": _blocklist, "an operator's": _operators}


def _oxidd(rules: Sequence[Rule]) -> bool:
    space = PacketSpace([{name: width} for name, width in {**FIELDS, "rule": len(rules).bit_length()}.items()])
    rest, parts = space.everything, []
    for number, rule in enumerate(rules):
        match = space.everything
        for field, span in rule.items():
            match &= space.in_ranges(field, (span,))
        parts.append(rest & match & space.equal("rule", number))
        rest -= match
    decided = space.union(parts)
    for number in range(_ASKED):
        space.values.example(decided & space.equal("daddr", 0xAC110002 + number), ("rule",))
    return True


def _cudd(rules: Sequence[Rule]) -> bool:
    from dd import cudd  # noqa: PLC0415 (where it is installed)

    manager: Any = cudd.BDD()
    manager.configure(reordering=False)
    widths = {**FIELDS, "rule": len(rules).bit_length()}
    names = {field: [f"{field}{bit}" for bit in range(width)] for field, width in widths.items()}
    manager.declare(*(name for group in names.values() for name in group))
    bits = {field: [manager.var(name) for name in reversed(group)] for field, group in names.items()}

    def flank(field: str, bound: int, *, up: bool) -> Any:
        made = manager.true
        for place, bit in enumerate(bits[field]):
            literal = bit if up else ~bit
            made = literal & made if bool(bound >> place & 1) == up else literal | made
        return made

    def between(field: str, span: tuple[int, int]) -> Any:
        return flank(field, span[0], up=True) & flank(field, span[1], up=False)

    rest, decided = manager.true, []
    for number, rule in enumerate(rules):
        match = manager.true
        for field, span in rule.items():
            match &= between(field, span)
        decided.append(rest & match & between("rule", (number, number)))
        rest &= ~match
    while len(decided) > 1:
        decided = [one | other for one, other in zip(decided[::2], [*decided[1::2], manager.false], strict=False)]
    for number in range(_ASKED):
        manager.pick(decided[0] & between("daddr", (0xAC110002 + number,) * 2))
    return True


def _boxes(rules: Sequence[Rule]) -> bool:
    whole: Box = tuple((0, (1 << width) - 1) for width in FIELDS.values())
    rest, decided = [whole], []
    end = time.perf_counter() + _PATIENCE
    for rule in rules:
        match: Box = tuple(rule.get(field, span) for field, span in zip(FIELDS, whole, strict=True))
        left: list[Box] = []
        for box in rest:
            cut = _common(box, match)
            decided += [cut] if cut else []
            left += _without(box, match)
        rest = left
        if time.perf_counter() > end:
            return False
    place = list(FIELDS).index("daddr")
    for number in range(_ASKED):
        asked = 0xAC110002 + number
        next((box for box in decided if box[place][0] <= asked <= box[place][1]), None)
    return True


def _common(one: Box, other: Box) -> Box | None:
    cut = tuple((max(a, c), min(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))
    return cut if all(first <= last for first, last in cut) else None


def _without(box: Box, taken: Box) -> Iterator[Box]:
    cut = _common(box, taken)
    if cut is None:
        yield box
        return
    for place, ((first, last), (low, high)) in enumerate(zip(box, cut, strict=True)):
        for start, end in ((first, low - 1), (high + 1, last)):
            if start <= end:
                yield (*cut[:place], (start, end), *box[place + 1 :])


WAYS = (_oxidd, _cudd, _boxes)

if __name__ == "__main__":
    main()
