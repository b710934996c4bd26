"""nft's commands: `add table`, `add chain`, `add rule`, `insert rule`, `add element`, and the like (nft(8))."""

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.elements import read_braced
from netaudit.parse.nftables.text.expressions import read_element
from netaudit.parse.nftables.text.structure.blocks import FAMILIES, Place, read_block, read_chain_rule, read_table
from netaudit.parse.nftables.text.structure.context import Context
from netaudit.parse.nftables.text.structure.declarations import finish_set
from netaudit.parse.nftables.text.structure.removals import take_rules
from netaudit.parse.nftables.text.tokens import Cursor, NotNftError

_VERBS = ("add", "create", "insert")
_BY_HANDLE = ("position", "handle")  # beside a rule that the kernel numbered: where that one stands, no text tells


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
    body: dict[str, Json] = {"family": place[0], "table": place[1], "name": chain}
    line = context.cursor.peek().line
    by_index = context.cursor.word() == "index"
    tokens = context.statement()
    start = 2 if by_index or (tokens and tokens[0].text in _BY_HANDLE) else 0
    if start and not by_index:
        context.lose(tokens)
    if not tokens[start:]:
        return
    rules = read_chain_rule(context, tokens[start:], body)
    if not by_index:
        context.add_rules(body, rules, line, first=first)
    elif not _put_at(context, (*place, chain), rules, tokens[1].text, behind=not first):
        context.lose(tokens)


def _put_at(
    context: Context, key: tuple[str, str, str], rules: list[dict[str, Json]], index: str, *, behind: bool
) -> bool:
    """Put rules before or behind the one at an index, from 0; False where there is none: then nft refuses it."""
    there = context.chains.get(key)
    if there is None or not index.isdecimal() or int(index[:9]) >= len(there.said):
        return False
    there.first = take_rules(context, there)
    at = int(index[:9]) + behind
    there.first[at:at] = (("rule", rule) for rule in rules)
    there.said[at:at] = (rule["expr"] for rule in rules)
    return True


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
