"""Tables of bridges: what their rules ask for, in the fields that IP's own rules have.

Where a frame passes a bridge, its tables are asked about it, whether br_netfilter shows it to IP's hooks or not:

    between two ports      prerouting, forward, postrouting
    to this host           prerouting, input
    from this host         output, postrouting
    led back by NAT        forward, postrouting, where br_netfilter shows it to IP's hooks: the bridge passes it itself

In a table of bridges `iifname` is the port and `ibrname` the bridge; for IP's rules the interface is the bridge. At
postrouting there is no incoming port, and at output none (br_forward_finish() in the kernel's net/bridge). What
connection tracking says there depends on modules that no recording names.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import AllOf, AnyOf, Field, InRanges, Masked, Match, Named, Not, UnknownMatch
from netaudit.model.netfilter.program import Hook, MeaningReader, Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Chain, Table
from netaudit.model.netfilter.statement import Meaning

BETWEEN_PORTS = (Hook.PREROUTING, Hook.FORWARD, Hook.POSTROUTING)
TO_HOST, FROM_HOST, LED_BACK = (
    (Hook.PREROUTING, Hook.INPUT),
    (Hook.OUTPUT, Hook.POSTROUTING),
    (Hook.FORWARD, Hook.POSTROUTING),
)
PORTS: Mapping[Field, frozenset[Hook]] = MappingProxyType(  # at which hooks there is a port to come or to go by
    {
        Field.PHYSIN: frozenset({Hook.PREROUTING, Hook.INPUT, Hook.FORWARD}),
        Field.PHYSOUT: frozenset({Hook.FORWARD, Hook.OUTPUT, Hook.POSTROUTING}),
    }
)
_AS_IP: Mapping[Field, Field] = MappingProxyType(
    {
        Field.IIF: Field.PHYSIN,
        Field.OIF: Field.PHYSOUT,
        Field.BRIDGE_IN: Field.IIF,
        Field.BRIDGE_OUT: Field.OIF,
    }
)
_OF_PORT = "to a bridge's port most packets are for another host"
_NOT_TRACKED = "whether bridges track connections was not recorded"


class _OfBridges(msgspec.Struct, frozen=True):
    """Reads the rules of a table of bridges."""

    reader: MeaningReader

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule."""
        return tuple(map(_meaning, self.reader.read(table, chain)))


def with_bridges(program: Program) -> Program:
    """Return a program whose tables of bridges ask for the fields of IP's rules."""
    return msgspec.structs.replace(program, tables=tuple(map(_table, program.tables)))


def has_bridge_chains(program: Program) -> bool:
    """Tell whether any table of bridges is asked about frames."""
    return any(table.family == Family.BRIDGE and table.chains for table in program.tables)


def _table(table: ReadTable) -> ReadTable:
    if table.family != Family.BRIDGE:
        return table
    chains = {
        name: ReadChain(chain.table, chain.chain, chain.base, _OfBridges(chain.reader), chain.positions)
        for name, chain in table.chains.items()
    }
    return msgspec.structs.replace(table, chains=chains)


def _meaning(meaning: Meaning) -> Meaning:
    matches, then = tuple(map(_match, meaning.matches)), tuple(map(_meaning, meaning.then))
    return msgspec.structs.replace(meaning, matches=matches, then=then)


def _match(match: Match) -> Match:
    match match:
        case InRanges(field) | Masked(field):
            return _number(field, match)
        case Named(field, names):
            return Named(_AS_IP.get(field, field), names)
        case Not(inner):
            return Not(_match(inner))
        case AllOf(parts):
            return AllOf(tuple(map(_match, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(_match, parts)))
        case _:
            return match


def _number(field: Field, match: InRanges | Masked) -> Match:
    if field is Field.PKTTYPE:
        return UnknownMatch("meta pkttype", _OF_PORT)
    return UnknownMatch(field.replace("-", " "), _NOT_TRACKED) if field.startswith("ct-") else match
