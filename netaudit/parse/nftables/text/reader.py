"""nft's text -> the objects of `nft -j list ruleset`, and what of it was not read.

A listing, a file of nft's own language, or a part of either. What is not understood stays in its rule word for word,
or is a lost line.
"""

from functools import lru_cache

import msgspec

from netaudit.parse.nftables.text.structure.blocks import FAMILIES, read_chain, read_table
from netaudit.parse.nftables.text.structure.commands import read_command
from netaudit.parse.nftables.text.structure.context import Context, LostLine, Object
from netaudit.parse.nftables.text.structure.removals import remove

UNKNOWN = "unknown"


class NftText(msgspec.Struct, frozen=True):
    """The objects in the order of the text, each with its kind, and what was not read.

    `managed` are the tables, by family and name, of which nft says that they are iptables-nft's. `cut` names the block
    in whose middle the text ends, `earlier` are chains of which a later state follows. `commanded`:
    commands make some of it.
    """

    objects: tuple[Object, ...]
    lost: tuple[LostLine, ...] = ()
    managed: frozenset[tuple[str, str]] = frozenset()
    cut: str = ""
    earlier: tuple[LostLine, ...] = ()
    commanded: bool = False


@lru_cache(maxsize=4)
def read_nft_text(text: str) -> NftText:
    """Read what nft prints, or takes. What is no such text is lost, line by line: this never fails."""
    context = Context(text.removeprefix("\ufeff"))
    while True:
        context.skip_breaks()
        if not context.cursor:
            break
        _read_one(context)
    return NftText(
        tuple(context.read()),
        tuple(context.lost),
        frozenset(context.managed),
        context.cut,
        tuple(context.earlier),
        context.commanded,
    )


def _read_one(context: Context) -> None:
    """Read a table, a chain whose table is cut away, or one statement."""
    if _begins_table(context) or _begins_chain(context) or read_command(context):
        return
    tokens = context.statement()
    if not tokens:
        context.cursor.take()  # a brace that closes what is cut away
    elif not context.defines.take(tokens) and not remove(context, tokens):
        context.lose(tokens)


def _begins_table(context: Context) -> bool:
    cursor, at = context.cursor, context.cursor.at
    if not cursor.skip("table"):
        return False
    words = [cursor.word(), cursor.word(1)]
    has_family = words[0] in FAMILIES and words[1] != ""
    place = (words[0], words[1]) if has_family else ("ip", words[0])
    cursor.at += 1 + has_family
    if place[1] and context.begins_block():
        read_table(context, place)
        return True
    cursor.at = at
    return False


def _begins_chain(context: Context) -> bool:
    cursor, at = context.cursor, context.cursor.at
    if cursor.skip("chain") and (name := cursor.word()):
        cursor.take()
        if context.begins_block():
            context.put("table", {"family": "ip", "name": UNKNOWN})
            read_chain(context, ("ip", UNKNOWN), name)
            return True
    cursor.at = at
    return False


__all__ = ["LostLine", "NftText", "read_nft_text"]
