"""What an nftables table declares by name: sets and maps with their elements, counters, limits, and its own flags."""

from collections.abc import Iterator

from netaudit.diff.change import Added, Altered, Change, Removed
from netaudit.model.netfilter.ruleset import Item, NamedObject, NamedSet, ObjectKind, Table

_Declared = dict[tuple[str, str], Item]  # by kind and name


def set_items(table: Table, named: NamedSet) -> Iterator[Item]:
    """List a set or map: its declaration, then its elements."""
    yield _set_head(table, named)
    yield from _elements(table, named)


def declared_items(table: Table) -> Iterator[Item]:
    """List what else a table declares: its flags, where it has any, and its named objects."""
    if table.flags:
        text = f"table {table.family} {table.name} {{ flags {','.join(table.flags)} }}"
        yield Item(ObjectKind.TABLE, table.backend, table.family, table.name, "", text)
    yield from (_object_item(table, named) for named in table.objects)


def compare_elements(left: Table, right: Table) -> Iterator[Change]:
    """Compare the elements of sets and maps, which have no order."""
    old = {(item.object, item.chain, item.text): item for named in left.sets for item in _elements(left, named)}
    new = {(item.object, item.chain, item.text): item for named in right.sets for item in _elements(right, named)}
    yield from (Added(item) for key, item in new.items() if key not in old)
    yield from (Removed(item) for key, item in old.items() if key not in new)


def compare_declared(left: Table, right: Table, *, counters: bool) -> Iterator[Change]:
    """Compare declarations; what an object counted only where `counters` asks for it."""
    old, new = _declared(left), _declared(right)
    for key, item in new.items():
        before = old.get(key)
        if before is None:
            yield Added(item)
        elif item.text != before.text or (counters and item != before):
            yield Altered(item, before)
    yield from (Removed(item) for key, item in old.items() if key not in new)


def _declared(table: Table) -> _Declared:
    heads = [_set_head(table, named) for named in table.sets]
    return {_key(item): item for item in (*heads, *declared_items(table))}


def _key(item: Item) -> tuple[str, str]:
    """Name what is declared: objects of different kinds may share a name."""
    return item.text.partition(" {")[0], item.chain


def _set_head(table: Table, named: NamedSet) -> Item:
    head = f"{named.kind} {named.name} {{ {named.declaration} }}"
    return Item(ObjectKind(named.kind), table.backend, table.family, table.name, named.name, head)


def _elements(table: Table, named: NamedSet) -> Iterator[Item]:
    kind = ObjectKind(named.kind)
    for element in named.elements:
        yield Item(kind, table.backend, table.family, table.name, named.name, element)


def _object_item(table: Table, named: NamedObject) -> Item:
    declared = f" {{ {named.declaration} }}" if named.declaration else ""
    text = f"{named.kind} {named.name}{declared}"
    return Item(
        ObjectKind.OBJECT,
        table.backend,
        table.family,
        table.name,
        named.name,
        text,
        packets=named.packets,
        octets=named.octets,
    )
