"""Edit the files in which rules are recorded."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from netaudit.audit.remedy.save_text import SaveText
from netaudit.model.facts import IPTABLES_SOURCES, Facts
from netaudit.model.netfilter.ruleset import Item

_FIRST = ("-A FORWARD -j DOCKER-USER",)  # what works only before all others of its chain
Edit = Callable[[SaveText, Item], None]


def edit_rules(facts: Facts, edits: Iterable[tuple[Item, Edit]]) -> Facts | None:
    """Edit rules of iptables; None where one of them is of native nftables, or nothing is edited."""
    texts: dict[str, SaveText] = {}
    for item, edit in edits:
        source = IPTABLES_SOURCES.get((item.backend, item.family))
        if source is None:
            return None
        if source not in texts:
            texts[source] = read_rules(facts, source)
        edit(texts[source], item)
    if not texts:
        return None
    return with_files(facts, {name: write_rules(text) for name, text in texts.items()})


def read_rules(facts: Facts, source: str) -> SaveText:
    """Return the rules that a file of the facts holds; none where there is no such file."""
    return SaveText(facts.files.get(source, b"").decode(errors="surrogateescape"))


def write_rules(text: SaveText) -> bytes:
    """Return rules as a file holds them."""
    return str(text).encode(errors="surrogateescape")


def with_files(facts: Facts, files: Mapping[str, bytes]) -> Facts:
    """Return facts with other files."""
    return msgspec.structs.replace(facts, files={**facts.files, **files})


def delete(text: SaveText, item: Item) -> None:
    """Delete a rule."""
    text.delete(item.table, item.text)


def restore(text: SaveText, item: Item) -> None:
    """Write a rule where Docker does: accepting ones before the drop that ends their chain."""
    if item.text in _FIRST or (item.table == "filter" and item.text.endswith("-j ACCEPT")):
        text.insert(item.table, item.text)
    else:
        text.append(item.table, item.text)
