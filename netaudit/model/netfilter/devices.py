"""Chains of devices: the hooks ingress and egress, which see frames of one device before and behind IP's own hooks.

    table netdev own { chain c { type filter hook ingress device "eth0" priority 0; policy drop; rules } }

reads as a chain of IP that is asked first in prerouting, and jumps to the rules for what comes by the device:

    chain "c (ingress of eth0)"    iifname "eth0" jump c
                                   iifname "eth0" drop          where the policy is drop

Nf_tables asks ingress before prerouting, and egress behind postrouting. Of a bridge and of its ports that is not so:
br_netfilter shows their packets to prerouting first, and what passes between ports meets no chain of the bridge.
nft 1.0.6 prints no device in JSON: then whether a packet is asked about is not known.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from netaudit.model.netfilter.match import Field, Match, Named, UnknownMatch
from netaudit.model.netfilter.program import Base, Hook, MeaningReader, Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Chain, Rule, Table
from netaudit.model.netfilter.statement import DROP, Jump, Meaning

_FIRST, _LAST = -(1 << 40), 1 << 40  # before and behind all priorities of IP's hooks
_PLACES: Mapping[Hook, tuple[Hook, int, Field]] = MappingProxyType(
    {
        Hook.INGRESS: (Hook.PREROUTING, _FIRST, Field.IIF),
        Hook.EGRESS: (Hook.POSTROUTING, _LAST, Field.OIF),
    }
)


_NO_DEVICE = "of which device it is was not recorded"


class _Dispatch(msgspec.Struct, frozen=True):
    """Reads the rules of the chain that is asked in place of one of devices."""

    meanings: tuple[Meaning, ...]

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:  # noqa: ARG002 (there is one chain)
        """Return the meaning of each rule."""
        return self.meanings


class _Doubted(msgspec.Struct, frozen=True):
    """Reads the rules of a chain of which it is not known whether packets are asked about."""

    reader: MeaningReader
    doubt: Match

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule."""
        found = self.reader.read(table, chain)
        return tuple(msgspec.structs.replace(one, matches=(*one.matches, self.doubt)) for one in found)


def with_devices(program: Program, devices: Collection[str]) -> Program:
    """Return a program in which the chains of devices are asked at IP's hooks; `devices` are those that it is true of.

    A table of netdev counts as one of inet then; it stays what it is where a chain of it is of another device.
    """
    return msgspec.structs.replace(program, tables=tuple(_table(one, devices) for one in program.tables))


def is_of_device(base: Base | None) -> bool:
    """Tell whether a base chain sees the frames of a device."""
    return base is not None and base.hook in _PLACES


def _table(table: ReadTable, devices: Collection[str]) -> ReadTable:
    here = [chain for chain in table.chains.values() if is_of_device(chain.base)]
    if not here or not all(name in devices for chain in here for name in _names(chain)):
        return table
    chains = dict(_chains(table))
    return msgspec.structs.replace(table, family="inet" if table.family == "netdev" else table.family, chains=chains)


def _chains(table: ReadTable) -> Iterator[tuple[str, ReadChain]]:
    for name, chain in table.chains.items():
        if chain.base is None or not is_of_device(chain.base):
            yield name, chain
            continue
        names = _names(chain)
        doubt = None if names else UnknownMatch(chain.base.hook, _NO_DEVICE)
        reader = _Doubted(chain.reader, doubt) if doubt else chain.reader
        yield name, ReadChain(chain.table, chain.chain, None, reader, chain.positions)
        place = _dispatcher(chain, chain.base, doubt)
        yield place.name, place


def _dispatcher(chain: ReadChain, base: Base, doubt: Match | None) -> ReadChain:
    """Return the chain that IP's packets are asked in; rules that are in doubt say so themselves."""
    hook, shift, field = _PLACES[base.hook]
    names = _names(chain)
    here = (Named(field, names),) if names else ()
    rules = [(f"jump {chain.name}", Meaning(here, verdict=Jump(chain.name)))]
    if chain.policy == "drop":
        rules.append(("policy drop", Meaning((doubt,) if doubt else here, verdict=DROP)))
    reader: MeaningReader = _Dispatch(tuple(meaning for _, meaning in rules))
    name = f"{chain.name} ({base.hook} of {', '.join(names) or 'a device'})"
    written = Chain(name, tuple(Rule(text) for text, _ in rules), "accept")
    return ReadChain(chain.table, written, Base(base.priority + shift, hook, "filter", ",".join(names)), reader)


def _names(chain: ReadChain) -> tuple[str, ...]:
    """Name the devices of a chain; none where they were not recorded."""
    device = chain.base.device if chain.base else ""
    return tuple(name.strip(' "{}') for name in device.split(",")) if device else ()
