"""What a rule's statements make of a packet."""

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.statement import (
    CopyMark,
    Forget,
    Nat,
    Note,
    NoTrack,
    SetMark,
    Statement,
    UnknownStatement,
)
from netaudit.packets.host.fib import Routing
from netaudit.packets.trace.nat import Changes, translate
from netaudit.packets.values.packet import Packet

_TRACKED = (CtState.NEW, CtState.ESTABLISHED, CtState.RELATED)


class NoAddressError(Exception):
    """There is no address of this host to translate to: the kernel drops the packet."""


def effect(statement: Statement, packet: Packet, hook: Hook, routing: Routing) -> Changes:
    """Return the fields that a statement sets. Raises NoAddressError."""
    match statement:
        case SetMark(field, mask, value):
            return _set_mark(packet, field, mask, value)
        case CopyMark():
            return _copy_mark(packet, statement)
        case NoTrack():
            return {Field.CT_STATE: CtState.UNTRACKED} if packet.get(Field.CT_STATE) not in _TRACKED else {}
        case Forget(field):
            return {field: None}
        case Nat():
            changes = translate(statement, packet, hook, routing)
            if changes is None:
                raise NoAddressError
            return changes
        case Note() | UnknownStatement():
            return {}


def _set_mark(packet: Packet, field: Field, mask: int, value: int) -> Changes:
    if field is Field.CT_MARK and packet.get(Field.CT_STATE) not in _TRACKED:
        return {}
    before = packet.number(field)
    if before is None and mask != 0xFFFFFFFF:
        return {field: None}
    return {field: ((before or 0) & ~mask & 0xFFFFFFFF) ^ value}


def _copy_mark(packet: Packet, copy: CopyMark) -> Changes:
    if packet.get(Field.CT_STATE) not in _TRACKED:
        return {}
    before, source = packet.number(copy.target), packet.number(copy.source)
    if source is None or (before is None and copy.target_mask != 0xFFFFFFFF):
        return {copy.target: None}
    return {copy.target: ((before or 0) & ~copy.target_mask & 0xFFFFFFFF) ^ (source & copy.source_mask)}
