"""Which fields the rules of a program ask for: a set of packets has those, and no others."""

from collections.abc import Iterable, Iterator

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import WIDTH, AllOf, AnyOf, Field, InRanges, Masked, Match, Not
from netaudit.model.netfilter.program import Program, ReadRule
from netaudit.model.netfilter.statement import CopyMark, Meaning
from netaudit.packets.symbolic.encoding.host_sets import DECISION

_ELSEWHERE = frozenset({Field.PROTOCOL, Field.SPORT, Field.DPORT, Field.CT_STATE})  # in every space
_DERIVED = frozenset(
    {
        *(Field.NFPROTO, Field.ETHERTYPE, Field.CT_DIRECTION, Field.CT_STATUS, Field.FRAGMENT, Field.PKTTYPE),
        *(Field.IIFTYPE, Field.OIFTYPE),
    }
)
_SPARE = 64  # decisions that no rule makes
HELD = frozenset(
    field
    for field in WIDTH
    if field not in _ELSEWHERE | _DERIVED
    and "-type" not in field.removesuffix("icmp-type")
    and not field.startswith(("ct-orig", "ct-repl", "ct-protocol", "reverse"))
)


def asked_fields(program: Program, family: str, policy: Iterable[Match] = ()) -> dict[str, int]:
    """Return the fields beyond the ones that every packet has, with their widths, and the room for decisions.

    `policy` is what policy rules ask.
    """
    rules = list(_rules(program, family))
    fields = {field for rule in rules for field in _of_meaning(rule.meaning)}
    fields = (fields | {field for match in policy for field in fields_in(match)}) & HELD
    found: dict[str, int] = {field: WIDTH[field] for field in sorted(fields)}
    chains = sum(len(table.chains) for table in program.tables)
    return {**found, DECISION: (len(rules) * 2 + chains + _SPARE).bit_length()}


def _rules(program: Program, family: str) -> Iterator[ReadRule]:
    for table in program.tables:
        if table.family in (family, Family.INET, Family.BRIDGE):
            for chain in table.chains.values():
                yield from chain.rules


def _of_meaning(meaning: Meaning) -> Iterator[Field]:
    for branch in meaning.branches():
        for match in branch.matches:
            yield from fields_in(match)
        yield from (statement.source for statement in branch.statements if isinstance(statement, CopyMark))


def fields_in(match: Match) -> Iterator[Field]:
    """List the numbers that a match asks for."""
    if isinstance(match, InRanges | Masked):
        yield match.field
    elif isinstance(match, Not):
        yield from fields_in(match.match)
    elif isinstance(match, AllOf | AnyOf):
        for part in match.matches:
            yield from fields_in(part)
