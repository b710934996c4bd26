"""What the replica's programs printed -> the facts of the host after the command.

What the command did not change stays as the host itself printed it, whatever version of a program printed it again
here: a rule of the replica is known by its place, before the command, as the rule that was loaded there.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.facts import IPTABLES_SOURCES, Facts, Source
from netaudit.model.netfilter.ruleset import Chain, Rule, Ruleset, Table
from netaudit.parse import read_source
from netaudit.replica.loadable import save_lines
from netaudit.replica.order import Printed
from netaudit.replica.restored_host import restore_host
from netaudit.replica.restored_nft import restore_nft

Tables = Mapping[str, Table]


def restore(facts: Facts, ruleset: Ruleset, before: Printed, after: Printed) -> Facts:
    """Return the facts of the host as they would be."""
    files = dict(facts.files)
    for source in IPTABLES_SOURCES.values():
        text = _iptables(ruleset, source, before, after)
        if text is not None:
            files[source] = text
    files.update(restore_nft(facts, ruleset, before, after))
    files.update(restore_host(facts, before, after))
    unused = tuple(source for source in facts.unused if source not in files)
    return msgspec.structs.replace(facts, files=files, unused=unused, digest="")


def _iptables(ruleset: Ruleset, source: Source, before: Printed, after: Printed) -> bytes | None:
    """Return the text of a source after the command; None where the command changed nothing in it."""
    loaded, changed = _read(before, source), _read(after, source)
    if _plain(loaded) == _plain(changed):
        return None
    own = {
        table.name: table for table in ruleset.tables if IPTABLES_SOURCES.get((table.backend, table.family)) == source
    }
    tables = [
        _table(table, loaded.get(name), own.get(name))
        for name, table in changed.items()
        if name in own or not _is_alike(table, loaded.get(name))
    ]
    kept = [table for name, table in own.items() if name not in loaded and name not in changed]
    lines = [line for table in (*tables, *kept) for line in save_lines(table)]
    return ("\n".join(lines) + "\n").encode(errors="surrogateescape")


def _read(printed: Printed, source: Source) -> Tables:
    return {table.name: table for table in read_source(Facts(dict(printed.files)), source).tables}


def _plain(tables: Tables) -> object:
    """Return what a command changes of tables: no counters."""
    return {
        name: [(chain.name, chain.policy, [rule.text for rule in chain.rules]) for chain in table.chains]
        for name, table in tables.items()
    }


def _is_alike(one: Table, other: Table | None) -> bool:
    return other is not None and _plain({"": one}) == _plain({"": other})


def _table(changed: Table, loaded: Table | None, own: Table | None) -> Table:
    """Write a table's rules as the host printed them, where they are the rules that were loaded."""
    of_loaded = {chain.name: chain for chain in loaded.chains} if loaded else {}
    of_host = {chain.name: chain for chain in own.chains} if own else {}
    chains = [_chain(one, of_loaded.get(one.name), of_host.get(one.name)) for one in changed.chains]
    return msgspec.structs.replace(changed, chains=tuple(chains))


def _chain(changed: Chain, loaded: Chain | None, own: Chain | None) -> Chain:
    if loaded is None or own is None or len(loaded.rules) != len(own.rules):
        return changed
    spelled = _by_text(loaded.rules, own.rules)
    rules = tuple(_next(spelled, rule) for rule in changed.rules)
    return msgspec.structs.replace(changed, rules=rules)


def _by_text(loaded: Sequence[Rule], own: Sequence[Rule]) -> dict[str, Iterator[Rule]]:
    """Return the host's rules by the text under which the replica has them, in order."""
    found: dict[str, list[Rule]] = {}
    for here, there in zip(loaded, own, strict=True):
        found.setdefault(here.text, []).append(there)
    return {text: iter(rules) for text, rules in found.items()}


def _next(spelled: Mapping[str, Iterator[Rule]], rule: Rule) -> Rule:
    return next(spelled[rule.text], rule) if rule.text in spelled else rule
