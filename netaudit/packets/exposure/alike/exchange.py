"""Rows of one container, made rows of another that is like it: addresses, host ports and rules are exchanged."""

import re
from functools import cache

import msgspec

from netaudit.model.exposure import Destination, Exposure
from netaudit.model.netfilter.program import Program
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.model.ranges import Ranges, contains, joined, without
from netaudit.model.reason import Reason
from netaudit.packets.exposure.alike.groups import Member
from netaudit.packets.exposure.alike.rules import Place, chain_key

ARROW = "→ "
TARGET = re.compile(rf"{ARROW}(\[[0-9a-f:.]+\]|[0-9.]+):(\d+)")  # of an example packet


class ItemsOfRules:
    """Makes the items of rules by their places."""

    def __init__(self, program: Program) -> None:
        self._chains = {
            chain_key(table, name): chain for table in program.tables for name, chain in table.chains.items()
        }

    def at(self, place: Place) -> Item:
        """Return the rule at a place, as reports name it."""
        chain = self._chains[place.chain]
        table = chain.table
        text = chain.chain.rules[place.at].text
        return Item(ObjectKind.RULE, table.backend, table.family, table.name, chain.name, text, place.at + 1)


class Standing:
    """A container that stands for others, with its rules as rows name them."""

    def __init__(self, member: Member, items: ItemsOfRules) -> None:
        self.member, self.items = member, items
        found = [items.at(place) for place in member.rules]
        self.by_item = {item: at for at, item in enumerate(found)}
        self.by_where = {item.where: at for at, item in enumerate(found)}


class Exchange:
    """Puts what is another container's own in the place of what is one's."""

    def __init__(self, standing: Standing, other: Member) -> None:
        self._standing, self._other = standing, other
        pairs = list(zip(standing.member.own.addresses, other.own.addresses, strict=True))
        self._addresses = {**dict(pairs), **{new: old for old, new in pairs}}
        ports = list(zip(standing.member.own.ports, other.own.ports, strict=True))
        self._ports = {**dict(ports), **{new: old for old, new in ports}}
        self._ranges = cache(self._exchanged)  # a container's rows have few

    def row(self, row: Exposure, to: Destination) -> Exposure:
        """Return a row as a row of the other, whose destination is given."""
        ports = self._ranges(row.destination.ports)
        return Exposure(
            zone=row.zone,
            destination=to if ports == to.ports else msgspec.structs.replace(to, ports=ports),
            outcome=row.outcome,
            way=row.way,
            rule=self._item(row.rule) if row.rule else None,
            reason=self._reason(row.reason) if row.reason else None,
            witness=self._text(row.witness),
            limited_by=tuple(map(self._item, row.limited_by)),
        )

    def _exchanged(self, ranges: Ranges) -> Ranges:
        """Exchange ports in ranges; most hold both or neither."""
        moved = [(old, new) for old, new in self._ports.items() if contains(ranges, old) and not contains(ranges, new)]
        if not moved:
            return ranges
        left = without(ranges, joined((old, old) for old, _ in moved))
        return joined((*left, *((new, new) for _, new in moved)))

    def _item(self, item: Item) -> Item:
        at = self._standing.by_item.get(item)
        return item if at is None else self._standing.items.at(self._other.rules[at])

    def _reason(self, reason: Reason) -> Reason:
        args = tuple((name, self._argument(value)) for name, value in reason.args)
        return Reason(reason.kind, args, tuple(map(self._reason, reason.behind)))

    def _argument(self, value: str) -> str:
        at = self._standing.by_where.get(value)
        return self._text(value) if at is None else self._standing.items.at(self._other.rules[at]).where

    def _text(self, text: str) -> str:
        return TARGET.sub(self._target, text) if ARROW in text else text

    def _target(self, found: re.Match[str]) -> str:
        address, port = found.groups()
        alone = address.strip("[]")
        new = self._addresses.get(alone, alone)
        return f"{ARROW}{address.replace(alone, new)}:{self._ports.get(int(port), port)}"
