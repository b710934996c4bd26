"""Example packets of a cell, in words."""

from functools import cached_property

from netaudit.model.exposure import ZoneKind
from netaudit.model.netfilter.match import Field
from netaudit.packets.exposure.cells.examples import Liked, describe, pick, readable
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.host.members import NOBODY_YET
from netaudit.packets.sets.bdd import PacketSet

_SAID = (Field.SADDR, Field.SPORT, Field.DPORT)


class Witnesses:
    """Picks packets out of parts of a cell's sets, and describes them."""

    def __init__(self, query: CellQuery) -> None:
        self._query, self._space = query, query.reach.world.space

    def describe(self, part: PacketSet) -> str:
        """Describe a packet, one that reads well where there is one; "" for no packet."""
        found = self._picked(part)
        return describe(found, self._query.destination) if found else ""

    def witness(self, part: PacketSet) -> str:
        """Describe a packet, and say of one from another member of a network whether that is there."""
        found = self._picked(part)
        if found is None:
            return ""
        foreign = self._query.origin.zone.kind is ZoneKind.NETWORK and not self._query.reach.members.has(
            self._query.origin, found
        )
        return describe(found, self._query.destination) + (NOBODY_YET if foreign else "")

    def _picked(self, part: PacketSet) -> dict[str, int] | None:
        fields = (Field.DADDR, *_SAID) if self._query.several else _SAID
        unchosen = self._query.unchosen.fields
        found = pick(self._space, part, self._liked, (*fields, *unchosen))
        if found is None:
            return None
        if unchosen:
            same = part
            for field in fields:
                same = same & self._space.equal(field, found[field])
            alike = [field for field in unchosen if self._space.rewrite.forget(same, field) == same]
            found = {field: value for field, value in found.items() if field not in alike}
        return {Field.DADDR: self._query.addresses[0][0], **found}

    @cached_property
    def _liked(self) -> Liked:
        """Return what makes good examples."""
        origin, reach = self._query.origin, self._query.reach
        sender = reach.members.sender(origin, self._query.destination.container_id, self._query.addresses)
        return reach.liked(readable(origin.senders, reach.family) if sender is None else sender)
