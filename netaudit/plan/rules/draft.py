"""A ruleset that is being changed."""

from collections.abc import Callable

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
Elements = tuple[str, ...]


class Draft:
    """Tables with their chains, changed one rule at a time; what is not changed is shared with the ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._tables = {table.key: _DraftTable(table) for table in ruleset.tables}

    def rules(self, key: ChainKey) -> list[Rule] | None:
        """Return the rules of a chain, to be changed in place; None where there is no such chain."""
        table = self._find(key)
        return table.rules_of(key[3]) if table else None

    def add_chain(self, key: ChainKey, base: str = "", policy: str | None = None) -> None:
        """Make a chain, and its table, unless they are there."""
        self._make(key).chains.setdefault(key[3], Chain(key[3], (), policy, base))

    def remove_chain(self, key: ChainKey) -> None:
        """Delete a chain with its rules."""
        if table := self._tables.get(key[:3]):
            table.remove_chain(key[3])

    def set_policy(self, key: ChainKey, policy: str) -> None:
        """Set the policy of a base chain where it is there."""
        table = self._find(key)
        if table and (chain := table.chains.get(key[3])):
            table.chains[key[3]] = replace(chain, policy=policy)

    def remove_table(self, key: TableKey) -> None:
        """Delete a table with all that it holds."""
        self._tables.pop(key, None)

    def flush_table(self, key: TableKey) -> None:
        """Delete all rules of a table, and all elements of its sets."""
        if table := self._tables.get(key):
            table.flush()

    def add_set(self, key: ChainKey, kind: str, declaration: str) -> None:
        """Make a set or map, and its table, unless they are there."""
        self._make(key).sets.setdefault(key[3], NamedSet(key[3], kind, declaration))

    def change_elements(self, key: ChainKey, change: Callable[[Elements], Elements]) -> None:
        """Change what a set or map holds, where it is there."""
        table = self._tables.get(key[:3])
        if table and (named := table.sets.get(key[3])):
            table.sets[key[3]] = replace(named, elements=change(named.elements))

    def chains(self) -> list[ChainKey]:
        """Name all chains."""
        return [(*key, name) for key, table in self._tables.items() for name in table.chains]

    def freeze(self) -> Ruleset:
        """Return the ruleset as it is now."""
        return Ruleset(tuple(table.freeze() for table in self._tables.values()))

    def _find(self, key: ChainKey) -> "_DraftTable | None":
        """Find a chain's table; iptables makes a table and its base chains when it first needs them."""
        if key[0] in IPTABLES_BACKENDS and key[3] in BUILTIN_CHAINS.get(key[2], ()):
            return self._make(key)
        return self._tables.get(key[:3])

    def _make(self, key: ChainKey) -> "_DraftTable":
        """Return a chain's or set's table, which is made where it is not there."""
        backend, family, name, _ = key
        table = self._tables.get(key[:3])
        if table is None:
            table = self._tables[key[:3]] = _DraftTable(Table(backend, family, name))
        if backend in IPTABLES_BACKENDS:
            for base in BUILTIN_CHAINS.get(name, ()):
                table.chains.setdefault(base, Chain(base, (), "ACCEPT"))
        return table


class _DraftTable:
    """One table, with its chains and sets by their names."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.chains = {chain.name: chain for chain in table.chains}
        self.sets = {named.name: named for named in table.sets}
        self._changed: dict[str, list[Rule]] = {}  # of each chain that changes, its rules

    def rules_of(self, name: str) -> list[Rule] | None:
        """Return the rules of a chain, to be changed in place; None where there is no such chain."""
        if name not in self._changed and name in self.chains:
            self._changed[name] = list(self.chains[name].rules)
        return self._changed.get(name)

    def remove_chain(self, name: str) -> None:
        """Delete a chain with its rules."""
        self.chains.pop(name, None)
        self._changed.pop(name, None)

    def flush(self) -> None:
        """Delete all rules, and all elements of sets."""
        self._changed = {name: [] for name in self.chains}
        self.sets = {name: replace(named, elements=()) for name, named in self.sets.items()}

    def freeze(self) -> Table:
        """Return the table as it is now."""
        chains = tuple(self._frozen(name, chain) for name, chain in self.chains.items())
        return replace(self._table, chains=chains, sets=tuple(self.sets.values()))

    def _frozen(self, name: str, chain: Chain) -> Chain:
        rules = self._changed.get(name)
        return chain if rules is None or tuple(rules) == chain.rules else replace(chain, rules=tuple(rules))
