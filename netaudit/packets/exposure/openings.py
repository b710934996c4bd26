"""Which ports the base chains of a hook may let new packets through for, by their rules alone.

A superset is enough: what is not in it is surely stopped. So a chain that is jumped to counts whole, and a match that
cannot be followed holds.
"""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.model.exposure import Zone, ZoneKind
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import AllOf, CtState, Field, InRanges, Match, Named
from netaudit.model.netfilter.program import Hook, Program, ReadTable
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import (
    Accept,
    Goto,
    Jump,
    Meaning,
    Queue,
    Statement,
    UnknownStatement,
    Verdict,
)
from netaudit.model.ranges import Ranges, inside, joined, overlaps, without
from netaudit.packets.host.destinations import EVERY_PORT, PORT_PROTOCOLS
from netaudit.packets.host.route_ranges import LOOPBACK

_FIRST_PACKETS = (int(CtState.NEW), int(CtState.UNTRACKED))


class Leaf(msgspec.Struct, frozen=True):
    """One branch of a rule: all that must hold for it, and what it does."""

    matches: tuple[Match, ...]
    statements: tuple[Statement, ...]
    verdict: Verdict

    def ranges(self, field: Field) -> Ranges | None:
        """Return the values that a field may have; None where the branch does not ask for it plainly."""
        found = [one.ranges for one in self.matches if isinstance(one, InRanges) and one.field == field]
        return found[0] if found else None

    def names(self, field: Field) -> tuple[str, ...]:
        """Return the interfaces that the branch asks for, no names where it asks for none."""
        found = [one.names for one in self.matches if isinstance(one, Named) and one.field == field]
        return found[0] if found else ()


def leaves(meaning: Meaning, before: tuple[Match, ...] = ()) -> Iterator[Leaf]:
    """Return all branches of a rule."""
    matches = (*before, *_flat(meaning.matches))
    yield Leaf(matches, meaning.statements, meaning.verdict)
    for branch in meaning.then:
        yield from leaves(branch, matches)


def _flat(matches: tuple[Match, ...]) -> Iterator[Match]:
    for one in matches:
        if isinstance(one, AllOf):
            yield from _flat(one.matches)
        else:
            yield one


class Openings:
    """What the hooks of one family may let through. The ports of each chain are worked out once for all that ask."""

    def __init__(self, program: Program, family: Family) -> None:
        self._program, self._family = program, family
        self._opened: dict[tuple[int, str, bool], dict[str, Ranges]] = {}

    def at(self, hook: Hook, protocol: str, zone: Zone) -> Iterator[tuple[Ranges, Item]]:
        """Return for each base chain that drops by default the ports that its rules open, and its policy."""
        asked = (protocol, zone.kind is ZoneKind.HOST)
        for table, chain in self._program.base_chains(hook, self._family):
            if chain.base and chain.base.kind == "filter" and chain.policy == "drop":
                opened = self._opened.setdefault((id(table), *asked), {})
                if chain.name not in opened:
                    _open(table, chain.name, asked, opened)
                yield opened[chain.name], chain.policy_item

    def closing(self, hooks: Iterable[Hook], protocol: str, ports: Ranges, zone: Zone) -> Item | None:
        """Return the first hook's policy, where each stops all to these ports; None where one may let it through."""
        policies = [self._closing(hook, protocol, ports, zone) for hook in hooks]
        return policies[0] if all(policies) else None

    def _closing(self, hook: Hook, protocol: str, ports: Ranges, zone: Zone) -> Item | None:
        found = self.at(hook, protocol, zone)
        return next((policy for opened, policy in found if not any(overlaps(opened, one) for one in ports)), None)


def _open(table: ReadTable, first: str, asked: tuple[str, bool], opened: dict[str, Ranges]) -> None:
    """Find the ports for which a chain, and each that it leads to, may accept. A chain that leads to itself: all ports.

    Chains that are jumped to come before those that jump; not by recursion, as they may be thousands deep.
    """
    met: dict[str, list[Leaf]] = {}
    waiting = [first]
    while waiting:
        name = waiting[-1]
        if name in met or name in opened:
            waiting.pop()
            if name not in opened:
                opened[name] = joined(port for leaf in met[name] for port in _opened_by(leaf, opened))
        else:
            rules = table.chains[name].rules
            met[name] = [leaf for rule in rules for leaf in leaves(rule.meaning) if _may_be_met(leaf, asked)]
            targets = {leaf.verdict.chain for leaf in met[name] if isinstance(leaf.verdict, Jump | Goto)}
            waiting += sorted(one for one in targets if one in table.chains and one not in met and one not in opened)


def _opened_by(leaf: Leaf, opened: dict[str, Ranges]) -> Ranges:
    ports = leaf.ranges(Field.DPORT) or EVERY_PORT
    if any(isinstance(one, UnknownStatement) for one in leaf.statements):
        return ports
    match leaf.verdict:
        case Accept() | Queue():
            return ports
        case Jump(chain) | Goto(chain):
            return without(ports, without(EVERY_PORT, opened.get(chain, EVERY_PORT)))
        case _:
            return ()


def _may_be_met(leaf: Leaf, asked: tuple[str, bool]) -> bool:
    """Tell whether the first packet of a connection, by a protocol and by the host or others, may meet a branch."""
    protocol, is_of_host = asked
    number = PORT_PROTOCOLS[protocol]
    protocols, states = leaf.ranges(Field.PROTOCOL), leaf.ranges(Field.CT_STATE)
    if protocols is not None and not inside(((number, number),), protocols):
        return False
    if states is not None and not any(inside(((one, one),), states) for one in _FIRST_PACKETS):
        return False
    own = leaf.names(Field.IIF) == (LOOPBACK,)
    return is_of_host or not own
