"""What rules in doubt and rules that write marks cost grows with their number; calls are counted, not seconds."""

from collections.abc import Callable
from itertools import chain

import msgspec
import pytest
from packets.test_shapes import assert_linear, work
from sampling import every
from synthetic.shapes import IPTABLES

from netaudit.model.facts import Facts, Source
from netaudit.packets.shadowing.analysis import ShadowAnalysis
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program
from netaudit.store import load


def _source(at: int) -> str:
    return f"-s 10.{at >> 8}.{at & 255}.1/32"


def _write(at: int) -> str:
    return f"{_source(at)} -j MARK --set-xmark {at:#x}/0xffffffff"


def _match(at: int) -> str:
    return f"-m mark --mark {at:#x} -j DROP"


RULES: dict[str, Callable[[int], list[str]]] = {
    "in doubt": lambda n: [f"{_source(at)} -m recent --name x --rcheck -j DROP" for at in range(n)],
    "marks, written and asked": lambda n: list(chain.from_iterable((_write(at), _match(at)) for at in range(n // 2))),
    "marks, asked and then written": lambda n: [*map(_match, range(n // 2)), *map(_write, range(n // 2))],
}


def _host(rules: list[str]) -> Facts:
    facts = load(IPTABLES)
    head, _, tail = facts.files[Source.IPTABLES_NFT].decode().partition("*filter\n")
    added = "".join(f"[0:0] -A FORWARD {rule}\n" for rule in rules)
    text = f"{head}*filter\n{tail.replace('COMMIT', f'{added}COMMIT', 1)}"
    return msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: text.encode()})


def _shadows(facts: Facts) -> int:
    program = parse_program(facts, parse_snapshot(facts).ruleset)
    return sum(
        len(analysis.of(chain))
        for table in program.tables
        for analysis in [ShadowAnalysis(table)]
        for chain in table.chains.values()
    )


@pytest.mark.parametrize("name", every(3, RULES))
def test_the_work_grows_with_the_rules(name: str) -> None:
    sizes = (100, 200, 400)
    assert_linear({size: {name: work(lambda: _shadows(_host(RULES[name](size))))} for size in sizes})  # noqa: B023


@pytest.mark.matrix
def test_behind_many_rewrites_a_rule_that_is_met_is_not_called_shadowed() -> None:
    several = RULES["marks, written and asked"](1000)
    assert _shadows(_host(several)) == _shadows(_host([]))
