"""Statements, done to sets of packets."""

from collections.abc import Callable

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.statement import (
    CopyMark,
    Forget,
    Nat,
    NatKind,
    Note,
    NoTrack,
    SetMark,
    Statement,
    UnknownStatement,
)
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import NEW_DADDR, NEW_DPORT, TRANSLATED, HostSets, Translated

_TRACKED = (CtState.NEW, CtState.ESTABLISHED, CtState.RELATED)
SOURCES = frozenset({NatKind.SNAT, NatKind.MASQUERADE})
_LOOPBACK = {"ip": 0x7F000001, "ip6": 1}


class Rewriter:
    """What statements make of packets in a world."""

    def __init__(self, world: HostSets) -> None:
        self._world, self._space = world, world.space

    def apply(self, packets: Bounds, statement: Statement, hook: Hook) -> Bounds:
        """Do one statement."""
        match statement:
            case Nat():
                return self._translate(packets, statement, hook)
            case Note():
                return packets
            case UnknownStatement():
                return packets.doubted()
            case _:
                return self._write(packets, statement)

    def _write(self, packets: Bounds, statement: NoTrack | SetMark | CopyMark | Forget) -> Bounds:
        match statement:
            case NoTrack():
                return packets.changed(self._untrack)
            case SetMark(field, mask, value):
                return self._where_there(
                    packets, field, lambda some: some.changed(lambda one: self._set_mark(one, field, mask, value))
                )
            case CopyMark():
                return self._where_there(packets, Field.CT_MARK, lambda some: self._copy_mark(some, statement))
            case Forget(field, _):
                return self._forget(packets, field)

    def _where_there(self, packets: Bounds, field: Field, change: Callable[[Bounds], Bounds]) -> Bounds:
        """Change a mark where there is one: without a connection there is no connection's mark, and it stays."""
        if field is not Field.CT_MARK:
            return change(packets)
        tracked = exactly(self._space.union(self._space.equal(Field.CT_STATE, state) for state in _TRACKED))
        return change(packets & tracked) | packets - tracked

    def _untrack(self, packets: PacketSet) -> PacketSet:
        """Take packets out of connection tracking, but for those that it has seen: they come back over loopback."""
        fresh = packets & self._space.equal(Field.CT_STATE, CtState.INVALID)
        return packets - fresh | self._space.rewrite.assign(fresh, Field.CT_STATE, CtState.UNTRACKED)

    def _set_mark(self, packets: PacketSet, field: Field, mask: int, value: int) -> PacketSet:
        """`field & ~mask ^ value`: the bits of the mask are taken from the value, the others may be flipped."""
        if field not in self._space.widths:  # no rule asks for it
            return packets
        return self._space.rewrite.flip_bits(self._space.rewrite.assign_bits(packets, field, mask, 0), field, value)

    def _copy_mark(self, packets: Bounds, copy: CopyMark) -> Bounds:
        """Copy bits over those that are cleared for them; a copy that mixes them with what is there is not followed."""
        if copy.target not in self._space.widths:
            return packets
        if copy.source_mask & ~copy.target_mask:
            return self._forget(packets, copy.target)
        same = self._space.copied(copy.source, copy.target, copy.source_mask)
        zero = self._space.masked(copy.target, copy.target_mask & ~copy.source_mask, 0)
        return packets.changed(
            lambda some: self._space.rewrite.forget_bits(some, copy.target, copy.target_mask) & same & zero
        )

    def _forget(self, packets: Bounds, field: Field) -> Bounds:
        """Doubt what is made of packets whose field is not known any more, if any rule asks for it."""
        if field not in self._space.widths:
            return packets
        return packets.changed(lambda some: self._space.rewrite.forget(some, field)).doubted()

    def _translate(self, packets: Bounds, nat: Nat, hook: Hook) -> Bounds:
        match nat.kind:
            case NatKind.SNAT | NatKind.MASQUERADE:
                return packets.changed(lambda some: self._mark_translated(some, Translated.SOURCE))
            case NatKind.DNAT:
                changed = packets.changed(lambda some: self._destination(some, nat.addresses, nat.ports))
            case NatKind.REDIRECT:
                changed = packets.changed(lambda some: self._redirect(some, nat.ports, hook))
        return changed.doubted() if chooses(nat) else changed

    def _redirect(self, packets: PacketSet, ports: tuple[int, int] | None, hook: Hook) -> PacketSet:
        """Lead packets to the host itself: at output to loopback, else to the first address of the interface."""
        if hook is Hook.OUTPUT:
            address = _LOOPBACK[self._world.family]
            return self._destination(packets, (address, address), ports)
        parts = []
        for name in self._world.interfaces:
            first = self._world.ranges.first_address(name)
            if first is not None and name != LOOPBACK:
                here = packets & self._world.at(Field.IIF, name)
                parts.append(self._destination(here, (first, first), ports))
        return self._space.union(parts)

    def _destination(
        self, packets: PacketSet, addresses: tuple[int, int] | None, ports: tuple[int, int] | None
    ) -> PacketSet:
        space = self._space
        packets = self._mark_translated(packets, Translated.DESTINATION)
        packets &= space.in_ranges(NEW_DADDR, (addresses,)) if addresses else space.copied(Field.DADDR, NEW_DADDR)
        return packets & (space.in_ranges(NEW_DPORT, (ports,)) if ports else space.copied(Field.DPORT, NEW_DPORT))

    def _mark_translated(self, packets: PacketSet, what: Translated) -> PacketSet:
        return self._space.rewrite.assign_bits(packets, TRANSLATED, what, what)


def chooses(nat: Nat) -> bool:
    """Tell whether the kernel chooses among several, which is not followed."""
    return any(choice and choice[0] != choice[1] for choice in (nat.addresses, nat.ports))
