"""Do two rulesets say the same: everything but counters and handles, for which nothing that judges a host asks."""

from netaudit.model.netfilter.ruleset import Chain, Ruleset, Table


def says_the_same(one: Ruleset, other: Ruleset) -> bool:
    """Tell whether two rulesets are equal but for counters and handles; the order of tables and chains counts."""
    same = len(one.tables) == len(other.tables) and one.made == other.made
    return same and all(map(_is_same_table, one.tables, other.tables))


def _is_same_table(one: Table, other: Table) -> bool:
    same = (one.key, one.flags, one.sets, _objects(one)) == (other.key, other.flags, other.sets, _objects(other))
    return same and len(one.chains) == len(other.chains) and all(map(_is_same_chain, one.chains, other.chains))


def _objects(table: Table) -> list[tuple[str, str, str]]:
    return [(one.name, one.kind, one.declaration) for one in table.objects]


def _is_same_chain(one: Chain, other: Chain) -> bool:
    declared = (one.name, one.policy, one.base, one.references) == (
        other.name,
        other.policy,
        other.base,
        other.references,
    )
    return declared and [rule.text for rule in one.rules] == [rule.text for rule in other.rules]
