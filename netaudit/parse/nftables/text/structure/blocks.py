"""The blocks of nft's text: tables, chains, sets and maps, and objects with a name."""

from collections.abc import Callable

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.rules import read_rule
from netaudit.parse.nftables.text.structure.chains import read_base
from netaudit.parse.nftables.text.structure.context import Context
from netaudit.parse.nftables.text.structure.declarations import finish_set, read_object_line, read_set_line
from netaudit.parse.nftables.text.structure.defines import undefined
from netaudit.parse.nftables.text.structure.remarks import opaque_of
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError, Token

_SETS = ("set", "map")
_OBJECTS = ("counter", "quota", "limit", "flowtable", "synproxy", "secmark", "tunnel")
_CT_OBJECTS = ("helper", "timeout", "expectation")
_VERDICTS = frozenset({"accept", "drop", "continue", "return", "jump", "goto", "reject", "queue"})
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
Place = tuple[str, str]  # a table's family and name


def read_table(context: Context, place: Place) -> None:
    """Read a table to its closing brace."""
    body: dict[str, Json] = {"family": place[0], "name": place[1]}
    context.put("table", body)
    if handle := context.handle():
        body["handle"] = handle
    while not context.ends_block(f"table {place[1]}"):
        if not read_block(context, place):
            _table_line(context, body)


def _table_line(context: Context, body: dict[str, Json]) -> None:
    tokens = context.statement()
    match [token.text for token in tokens]:
        case ["flags", *flags]:
            body["flags"] = [flag for flag in flags if flag != ","]
        case ["comment", text]:
            body["comment"] = text
        case _:
            context.lose(tokens)
            if not tokens:
                context.cursor.take()


def read_block(context: Context, place: Place, kind: str = "") -> bool:
    """Read a block of a table, of a kind that was read already or is read now; False, with nothing read, for none."""
    cursor, at = context.cursor, context.cursor.at
    kind = kind or _kind_of_block(cursor)
    if kind not in ("chain", *_SETS, *_OBJECTS) and not kind.startswith("ct "):
        cursor.at = at
        return False
    name = cursor.take().text if cursor else ""
    if not context.begins_block():
        cursor.at = at
        return False
    if kind == "chain":
        read_chain(context, place, name)
    elif kind in _SETS:
        _read_set(context, kind, {"family": place[0], "table": place[1], "name": name})
    else:
        _read_object(context, kind, {"family": place[0], "table": place[1], "name": name})
    return True


def _kind_of_block(cursor: Cursor) -> str:
    kind = cursor.take().text
    return f"ct {cursor.take().text}" if kind == "ct" and cursor.word() in _CT_OBJECTS else kind


def read_chain(context: Context, place: Place, name: str) -> None:
    """Read a chain to its closing brace."""
    body: dict[str, Json] = {"family": place[0], "table": place[1], "name": name}
    rules: list[dict[str, Json]] = []
    line = context.cursor.peek(-1).line
    if handle := context.handle():
        body["handle"] = handle
    while not context.ends_block(f"chain {name}"):
        tokens = context.statement()
        if not tokens:
            context.cursor.take()
        elif not _chain_line(tokens, body, place[0], context):
            rules += read_chain_rule(context, tokens, body)
    context.put_chain(body, rules, line)


def _chain_line(tokens: list[Token], body: dict[str, Json], family: str, context: Context) -> bool:
    """Take a line that declares the chain; False for a rule."""
    match [token.text for token in tokens]:
        case ["type", _, "hook", *_]:
            cursor = Cursor(tokens)
            cursor.take()
            try:
                body |= read_base(cursor, family)
            except (NotNftError, ValueError):
                context.lose(tokens)
        case ["policy", policy]:
            body["policy"] = policy
        case ["comment", text]:
            body["comment"] = text
        case ["flags", *_] | ["devices", "=", *_]:
            return True
        case _:
            return False
    return True


def read_chain_rule(context: Context, tokens: list[Token], chain: dict[str, Json]) -> list[dict[str, Json]]:
    """Read a rule, and the remark behind it; a line of which nothing is understood is no rule: then none."""
    text = context.source(tokens)
    remark = context.cursor.peek()
    handle = context.handle()
    read = read_rule(tokens, context.text, str(chain["family"]))
    expressions = list(read.expressions)
    if all(isinstance(one, str) for one in expressions) or any(undefined(tokens)):
        context.lose(tokens)
        if not any(undefined(tokens)):
            return []
    elif read.unread:
        context.lose(tokens)
    if remark.kind is Kind.REMARK:
        decided = any(isinstance(one, dict) and not _VERDICTS.isdisjoint(one) for one in expressions)
        opaque = opaque_of(remark, text, verdict=decided)
        expressions += [opaque] if opaque else []
    body: dict[str, Json] = {key: chain[key] for key in ("family", "table")}
    body |= {"chain": chain["name"], "expr": expressions}
    body |= {"handle": handle} if handle is not None else {}
    body |= {"comment": read.comment} if read.comment is not None else {}
    return [body]


def _read_set(context: Context, kind: str, body: dict[str, Json]) -> None:
    _read_body(context, kind, body, lambda line: read_set_line(line, body, str(body["family"])))
    finish_set(body)


def _read_object(context: Context, kind: str, body: dict[str, Json]) -> None:
    _read_body(context, kind, body, lambda line: read_object_line(line, body, kind, str(body["family"])))


def _read_body(context: Context, kind: str, body: dict[str, Json], read_line: Callable[[Cursor], object]) -> None:
    """Read the statements of a block; one that is not understood is lost, and the others are kept."""
    context.put(kind, body)
    if handle := context.handle():
        body["handle"] = handle
    while not context.ends_block(f"{kind} {body['name']}"):
        tokens = context.statement()
        try:
            read_line(Cursor(tokens))
        except (NotNftError, ValueError, RecursionError):
            context.lose(tokens)
            if not tokens:
                context.cursor.take()
