"""A ruleset that is being changed."""

from msgspec.structs import replace

from netaudit.model.netfilter.ruleset import (
    BUILTIN_CHAINS,
    IPTABLES_BACKENDS,
    Backend,
    Chain,
    NamedSet,
    Rule,
    Ruleset,
    Table,
)

TableKey = tuple[Backend, str, str]  # backend, family, table
ChainKey = tuple[Backend, str, str, str]  # and chain, or set


class Draft:
    """Tables with their chains, changed one rule at a time; what is not touched is shared with the ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._tables = {table.key: table for table in ruleset.tables}
        self._chains = {key: {chain.name: chain for chain in table.chains} for key, table in self._tables.items()}
        self._sets = {key: {named.name: named for named in table.sets} for key, table in self._tables.items()}
        self._touched: dict[ChainKey, list[Rule]] = {}

    def rules(self, key: ChainKey) -> list[Rule] | None:
        """Return the rules of a chain, to be changed in place; None where there is no such chain."""
        if key not in self._touched:
            chain = self._chain(key)
            if chain is None:
                return None
            self._touched[key] = list(chain.rules)
        return self._touched[key]

    def add_chain(self, key: ChainKey, base: str = "", policy: str | None = None) -> None:
        """Make a chain, and its table, unless they are there."""
        chains = self._table(key)
        if key[3] not in chains:
            chains[key[3]] = Chain(key[3], (), policy, base)

    def remove_chain(self, key: ChainKey) -> None:
        """Delete a chain with its rules."""
        self._chains.get(key[:3], {}).pop(key[3], None)
        self._touched.pop(key, None)

    def set_policy(self, key: ChainKey, policy: str) -> None:
        """Set the policy of a base chain where it is there."""
        if chain := self._chain(key):
            self._chains[key[:3]][key[3]] = replace(chain, policy=policy)

    def remove_table(self, key: TableKey) -> None:
        """Delete a table with all that it holds."""
        for kept in (self._tables, self._chains, self._sets):
            kept.pop(key, None)
        self._touched = {chain: rules for chain, rules in self._touched.items() if chain[:3] != key}

    def flush_table(self, key: TableKey) -> None:
        """Delete all rules of a table, and all elements of its sets."""
        for name in self._chains.get(key, {}):
            self._touched[(*key, name)] = []
        for name, named in self._sets.get(key, {}).items():
            self._sets[key][name] = replace(named, elements=())

    def add_set(self, key: ChainKey, kind: str, declaration: str) -> None:
        """Make a set or map, and its table, unless they are there."""
        self._table(key)
        self._sets[key[:3]].setdefault(key[3], NamedSet(key[3], kind, declaration))

    def set_elements(self, key: ChainKey, elements: tuple[str, ...]) -> None:
        """Let a set or map hold these elements, where it is there."""
        if named := self._sets.get(key[:3], {}).get(key[3]):
            self._sets[key[:3]][key[3]] = replace(named, elements=elements)

    def elements(self, key: ChainKey) -> tuple[str, ...]:
        """Return what a set or map holds."""
        named = self._sets.get(key[:3], {}).get(key[3])
        return named.elements if named else ()

    def chains(self) -> list[ChainKey]:
        """Name all chains."""
        return [(*key, name) for key, chains in self._chains.items() for name in chains]

    def freeze(self) -> Ruleset:
        """Return the ruleset as it is now."""
        return Ruleset(tuple(self._frozen(key, table) for key, table in self._tables.items()))

    def _chain(self, key: ChainKey) -> Chain | None:
        """Find a chain; iptables makes a table and its base chains when it first needs them."""
        if key[0] in IPTABLES_BACKENDS and key[3] in BUILTIN_CHAINS.get(key[2], ()):
            self._table(key)
        return self._chains.get(key[:3], {}).get(key[3])

    def _table(self, key: ChainKey) -> dict[str, Chain]:
        backend, family, name, _ = key
        table = (backend, family, name)
        if table not in self._tables:
            self._tables[table] = Table(*table)
            self._sets[table] = {}
            self._chains[table] = {}
        if backend in IPTABLES_BACKENDS:
            for base in BUILTIN_CHAINS.get(name, ()):
                self._chains[table].setdefault(base, Chain(base, (), "ACCEPT"))
        return self._chains[table]

    def _frozen(self, key: TableKey, table: Table) -> Table:
        chains = (self._frozen_chain((*key, name), chain) for name, chain in self._chains[key].items())
        return replace(table, chains=tuple(chains), sets=tuple(self._sets[key].values()))

    def _frozen_chain(self, key: ChainKey, chain: Chain) -> Chain:
        rules = self._touched.get(key)
        return chain if rules is None or tuple(rules) == chain.rules else replace(chain, rules=tuple(rules))
