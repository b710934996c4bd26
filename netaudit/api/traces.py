"""Facts of a host -> one packet's way through it."""

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.trace import AttributedTrace, trace_snapshot
from netaudit.model.facts import Facts
from netaudit.packets.query.query import TraceQuery
from netaudit.packets.values.probe import PacketState
from netaudit.parse import parse_snapshot


def trace(
    facts: Facts, source: str, target: str, interface: str = "", state: PacketState = PacketState.NEW
) -> AttributedTrace:
    """Follow one packet from a zone or address to ADDRESS:PORT/PROTOCOL, with the cause of every rule that it meets.

    `source` is internet, lan[:INTERFACE], host, network:NAME, container:NAME or an address. `target` may be
    container:NAME:PORT/PROTOCOL too. `interface` is what it comes in by; "": by the routes. Raises ParseError for
    damaged facts, UsageError or SubjectError for what names no place.

    >>> traced = netaudit.trace(netaudit.load("after"), "lan", "container:web:80/tcp")
    >>> traced.journey.trace.outcome
    <Outcome.ALLOWED: 'allowed'>
    """
    return trace_snapshot(TraceQuery(source, target, interface, state), parse_snapshot(facts), shipped_catalog())
