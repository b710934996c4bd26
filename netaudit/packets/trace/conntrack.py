"""Connection tracking: what a packet's connection is, from priority -200 of prerouting or output on."""

from collections.abc import Mapping

from netaudit.model.netfilter.match import CtState, Field
from netaudit.packets.values.packet import Packet, Value

_TRANSLATED = (
    Field.CT_STATUS,
    Field.CT_MARK,
    Field.CT_REPL_SADDR,
    Field.CT_REPL_DADDR,
    Field.CT_REPL_SPORT,
    Field.CT_REPL_DPORT,
)
_TUPLE = {
    Field.SADDR: (Field.CT_ORIG_SADDR, Field.CT_REPL_DADDR),
    Field.DADDR: (Field.CT_ORIG_DADDR, Field.CT_REPL_SADDR),
    Field.SPORT: (Field.CT_ORIG_SPORT, Field.CT_REPL_DPORT),
    Field.DPORT: (Field.CT_ORIG_DPORT, Field.CT_REPL_SPORT),
}
Connection = Mapping[Field, Value]


def begin(packet: Packet) -> Packet:
    """Make the packet the first one of a connection."""
    fields: dict[Field, Value] = {
        Field.CT_STATE: CtState.NEW,
        Field.CT_STATUS: 0,
        Field.CT_DIRECTION: 0,
        Field.CT_MARK: 0,
        Field.CT_PROTOCOL: packet.get(Field.PROTOCOL),
    }
    for field, (original, reply) in _TUPLE.items():
        if field in packet.fields:
            fields |= {original: packet.get(field), reply: packet.get(field)}
    return packet.changed(fields)


def belong(packet: Packet, connection: Connection) -> Packet:
    """Make the packet a later one of a connection: in the direction of the first, if the connection does not say."""
    return begin(packet).changed({**connection, Field.CT_STATE: CtState.ESTABLISHED})


def connection_of(packet: Packet) -> Connection | None:
    """Return what a connection's first packet leaves to those that follow; None where it is not tracked."""
    if packet.get(Field.CT_STATE) != CtState.NEW:
        return None
    return {field: packet.get(field) for field in _TRANSLATED if field in packet.fields}


def answering(packet: Packet) -> Connection:
    """Return what a connection's first packet leaves to the answers."""
    known = {field: value for field, value in packet.fields.items() if field.startswith("ct-")}
    return {**known, Field.CT_DIRECTION: 1}
