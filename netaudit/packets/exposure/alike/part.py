"""A host without some of its containers: without their own rules, their ports' sockets, and their endpoints."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.host import Host
from netaudit.model.netfilter.program import MeaningReader, Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Chain, Table
from netaudit.model.netfilter.statement import Meaning
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.groups import Member
from netaudit.packets.exposure.alike.rules import ChainKey, chain_key


def without_members(snapshot: Snapshot, inventory: Inventory, out: Sequence[Member]) -> Snapshot:
    """Return the host without some containers; its rules are apart, in the program."""
    ids = {one.id for one in out}
    ports = {port for one in out for port in one.own.ports}
    return msgspec.structs.replace(
        snapshot, inventory=_inventory_without(inventory, ids), host=_host_without(snapshot.host, ports)
    )


def program_without(program: Program, out: Sequence[Member]) -> Program:
    """Return the program without some containers' own rules; the others keep their positions."""
    gone: dict[ChainKey, set[int]] = {}
    for member in out:
        for place in member.rules:
            gone.setdefault(place.chain, set()).add(place.at)
    return Program(tuple(_table_without(table, gone) for table in program.tables))


def _inventory_without(inventory: Inventory, ids: Collection[str]) -> Inventory:
    networks = tuple(
        msgspec.structs.replace(one, members=tuple(member for member in one.members if member.container_id not in ids))
        for one in inventory.networks
    )
    containers = tuple(one for one in inventory.containers if one.id not in ids)
    return msgspec.structs.replace(inventory, networks=networks, containers=containers)


def _host_without(host: Host, ports: Collection[int]) -> Host:
    return msgspec.structs.replace(host, listeners=tuple(one for one in host.listeners if one.port not in ports))


def _table_without(table: ReadTable, gone: Mapping[ChainKey, Collection[int]]) -> ReadTable:
    chains = {
        name: _chain_without(table, chain, gone[key]) if (key := chain_key(table, name)) in gone else chain
        for name, chain in table.chains.items()
    }
    return msgspec.structs.replace(table, chains=chains)


def _chain_without(table: ReadTable, chain: ReadChain, gone: Collection[int]) -> ReadChain:
    kept = [at for at in range(chain.size) if at not in gone]
    fewer = msgspec.structs.replace(chain.chain, rules=tuple(chain.chain.rules[at] for at in kept))
    reader = chain.reader if table.backend in IPTABLES_BACKENDS else _PartReader(chain, kept)
    return ReadChain(chain.table, fewer, chain.base, reader, tuple(at + 1 for at in kept))


class _PartReader(MeaningReader):
    """Reads some rules of a chain of nft's, which can be read as a whole only."""

    def __init__(self, chain: ReadChain, kept: Sequence[int]) -> None:
        self._chain, self._kept = chain, kept

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:  # noqa: ARG002 (the part is known)
        """Return the meaning of each rule that was kept."""
        return tuple(self._chain.rules[at].meaning for at in self._kept)
