"""nft's commands: `add table`, `add chain`, `add rule`, `insert rule`, `add element`, and the like (nft(8))."""

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.elements import read_braced
from netaudit.parse.nftables.text.expressions import read_element
from netaudit.parse.nftables.text.structure.blocks import Place, read_block, read_chain_rule, read_table
from netaudit.parse.nftables.text.structure.context import Context
from netaudit.parse.nftables.text.structure.declarations import finish_set
from netaudit.parse.nftables.text.tokens import Cursor, NotNftError

FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
_VERBS = ("add", "create", "insert")
_PLACES = ("position", "index", "handle")


def read_command(context: Context) -> bool:
    """Read a command that makes something; False, with nothing read, where none begins."""
    cursor, at = context.cursor, context.cursor.at
    verb = cursor.skip(*_VERBS)
    kind = cursor.word() if verb else ""
    if kind == "table":
        return _table(context) or _back(context, at)
    if not kind or cursor.word(1) == "":
        return _back(context, at)
    cursor.take()
    place = _place(cursor)
    _declare(context, place)
    if kind == "rule" and cursor.word():
        _rule(context, place, cursor.take().text, first=verb == "insert")
    elif kind == "element" and cursor.word():
        _elements(context, place, cursor.take().text)
    elif kind == "chain" and cursor.word() and cursor.peek(1).text != "{":
        context.put_chain({"family": place[0], "table": place[1], "name": cursor.take().text}, [], cursor.peek().line)
    elif not read_block(context, place, kind=kind):
        return _back(context, at)
    context.commanded = True
    return True


def _back(context: Context, at: int) -> bool:
    context.cursor.at = at
    return False


def _place(cursor: Cursor) -> Place:
    """Read the family, where one is named, and the table."""
    family = cursor.take().text if cursor.word() in FAMILIES and cursor.word(1) else "ip"
    return family, cursor.take().text


def _table(context: Context) -> bool:
    cursor = context.cursor
    cursor.take()
    if not cursor.word():
        return False
    place = _place(cursor)
    context.commanded = True
    if context.begins_block():
        read_table(context, place)
    else:
        _declare(context, place)
    return True


def _declare(context: Context, place: Place) -> None:
    """Keep a table that the text does not declare, or declares once more."""
    if place not in context.tables:
        context.put("table", {"family": place[0], "name": place[1]})


def _rule(context: Context, place: Place, chain: str, *, first: bool) -> None:
    if context.cursor.skip(*_PLACES):
        context.cursor.take()
    body: dict[str, Json] = {"family": place[0], "table": place[1], "name": chain}
    line = context.cursor.peek().line
    if tokens := context.statement():
        context.add_rules(body, read_chain_rule(context, tokens, body), line, first=first)


def _elements(context: Context, place: Place, name: str) -> None:
    """Add to a set what the text declares; elements of another are lost."""
    tokens = context.statement()
    found = context.sets.get((*place, name))
    if found is None:
        context.lose(tokens)
        return
    try:
        more: dict[str, Json] = {key: found[key] for key in ("type", "map") if key in found}
        more["elem"] = read_braced(Cursor(tokens), read_element)
        finish_set(more)
        found["elem"] = [*found.get("elem", []), *more["elem"]]
    except (NotNftError, ValueError, RecursionError):
        context.lose(tokens)
