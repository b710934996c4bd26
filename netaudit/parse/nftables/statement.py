"""nft's JSON statements and verdicts -> their meaning; what is not known is kept word for word."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, Field, Match, Sometimes, equal
from netaudit.model.netfilter.statement import (
    ACCEPT,
    CONTINUE,
    DROP,
    RETURN,
    CopyMark,
    Forget,
    Goto,
    Jump,
    Meaning,
    Nat,
    NatKind,
    Note,
    NoTrack,
    Queue,
    Reject,
    SetMark,
    Statement,
    UnknownStatement,
    Verdict,
)
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.key_kinds import is_by_chance, numbers_made_up
from netaudit.parse.nftables.keys import CONNECTION, read_key
from netaudit.parse.nftables.match import NotKnownError, Sets, before, element, held, read_keys
from netaudit.parse.nftables.printer import print_statement
from netaudit.parse.nftables.values import print_value
from netaudit.parse.reading.values import address

_WORDS: Mapping[str, Verdict] = {"accept": ACCEPT, "drop": DROP, "return": RETURN, "continue": CONTINUE}
_NOTES = frozenset(
    ("counter", "ct expectation", "ct helper", "ct timeout", "dup", "flow", "log", "map", "reset", "set")
)
_ALL = 0xFFFFFFFF
_MARKS = (Field.MARK, Field.CT_MARK)
_PROTO = {"ip": NFPROTO_IPV4, "ip6": NFPROTO_IPV6}
_NOT_FOLLOWED = "what it does is not followed"


def read_verdict(expression: Json) -> Verdict | None:
    """Read a verdict; None for any other statement."""
    match expression:
        case {"jump": {"target": str() as chain}}:
            return Jump(chain)
        case {"goto": {"target": str() as chain}}:
            return Goto(chain)
        case {"reject": body}:
            return Reject(" ".join(str(body[key]) for key in ("type", "expr") if key in (body or {})))
        case {"queue": _}:
            return Queue()
        case dict() if len(expression) == 1:
            return _WORDS.get(next(iter(expression)))
        case _:
            return None


def read_statement(expression: Json, family: str, sets: Sets) -> Meaning:
    """Say what a statement does: a meaning without matches, or with the matches of its map's elements behind `then`."""
    text = print_statement(expression, family)
    try:
        return _statement(expression, text, family, sets)
    except NotKnownError as error:
        return _one(UnknownStatement(text, error.reason))
    except (ValueError, KeyError, TypeError, AttributeError):  # not as libnftables-json(5) has it
        return _one(UnknownStatement(text, _NOT_FOLLOWED))


def _one(*statements: Statement) -> Meaning:
    return Meaning(statements=statements)


def _statement(expression: Json, text: str, family: str, sets: Sets) -> Meaning:
    match expression:
        case {"mangle": {"key": key, "value": value}}:
            return _mangle(key, value, text, (family, sets))
        case {"vmap": {"key": key, "data": data}}:
            return by_map(key, data, family, sets, lambda verdict: Meaning(verdict=_known_verdict(verdict)))
        case {"notrack": _}:
            return _one(NoTrack())
        case dict() if len(expression) == 1:
            name, body = next(iter(expression.items()))
            if name in NatKind.__members__.values():
                return _nat(NatKind(name), body or {}, family, sets)
            return _one(Note(text) if name in _NOTES else UnknownStatement(text, _NOT_FOLLOWED))
        case _:
            return _one(UnknownStatement(text, _NOT_FOLLOWED))


def _known_verdict(expression: Json) -> Verdict:
    verdict = read_verdict(expression)
    if verdict is None:
        raise NotKnownError
    return verdict


def by_map(key: Json, data: Json, family: str, sets: Sets, make: Callable[[Json], Meaning]) -> Meaning:
    """Read a map: for each element what `make` makes of its value, where its key matches. Raises NotKnownError."""
    pairs = held(data, sets).look_up(key) if isinstance(data, str) else data["set"]
    if is_by_chance(key):
        return _by_chance(key, [(_bare(one), make(value)) for one, value in pairs])
    keys = read_keys(key)
    last = sorted(pairs, key=lambda pair: _bare(pair[0]) == "*")  # what is in no other element
    branches = tuple(_branch(element(keys, _bare(one), sets), make(value)) for one, value in last)
    needed = tuple(before(keys, family))
    return Meaning(then=(Meaning(needed, then=branches),)) if needed else Meaning(then=branches)


def _by_chance(key: Json, branches: Sequence[tuple[Json, Meaning]]) -> Meaning:
    """Read a map of made-up numbers: any element may be it, and the last is, where each number has an element."""
    text = print_value(key)
    complete = numbers_made_up(key) == len({str(one) for one, _ in branches if isinstance(one, int)})
    ways = [_branch(Sometimes(text), meaning) for _, meaning in branches]
    return Meaning(then=(*ways[:-1], branches[-1][1]) if complete else tuple(ways))


def _bare(value: Json) -> Json:
    return value["elem"]["val"] if isinstance(value, dict) and "elem" in value else value


def _branch(match: Match, meaning: Meaning) -> Meaning:
    return msgspec.structs.replace(meaning, matches=(match, *meaning.matches))


def _mangle(key: Json, value: Json, text: str, table: tuple[str, Sets]) -> Meaning:
    found = read_key(key)
    if found is None or found.mask is not None:
        return _one(_rewritten(key, text))
    if found.field not in _MARKS:
        return _one(Forget(found.field, text))
    match value:
        case {"map": {"key": by, "data": data}}:
            return by_map(by, data, *table, lambda one: _one(_set_mark(found.field, one, text)))
        case _:
            return _where_readable(value, _set_mark(found.field, value, text))


def _where_readable(value: Json, statement: Statement) -> Meaning:
    """Let a rule end where it reads the mark of a connection that is not there."""
    source = _bitwise(value)
    if source is not None and source[0] is Field.CT_MARK:
        return Meaning(then=(Meaning((CONNECTION,), (statement,)),))
    return _one(statement)


def _rewritten(key: Json, text: str) -> Statement:
    """Rewriting what no rule that is known here asks for changes nothing here."""
    match key:
        case {"meta": {"key": "nftrace" | "priority"}} | {"ct": {"key": "event" | "label"}} | {"tcp option": _}:
            return Note(text)
        case {"payload": {"field": "checksum" | "ecn" | "id"}}:
            return Note(text)
        case _:
            return UnknownStatement(text, _NOT_FOLLOWED)


def _set_mark(field: Field, value: Json, text: str) -> Statement:
    """Read `value`, or `mark & KEEP ^ FLIP` of this or the other mark; else the mark is not followed."""
    if isinstance(value, int) and not isinstance(value, bool):
        return SetMark(field, _ALL, value)
    found = _bitwise(value)
    if found is None or found[0] not in _MARKS:
        return Forget(field, text)
    source, keep, flip = found
    if source is field:
        return SetMark(field, ~keep & _ALL, flip)
    return CopyMark(field, source, _ALL, keep) if not flip else Forget(field, text)


def _bitwise(value: Json) -> tuple[Field, int, int] | None:
    """Read nested &, | and ^ with numbers as `field & keep ^ flip`."""
    match value:
        case {"&": [inner, int() as bits]} if found := _bitwise(inner):
            return found[0], found[1] & bits, found[2] & bits
        case {"|": [inner, int() as bits]} if found := _bitwise(inner):
            return found[0], found[1] & ~bits & _ALL, (found[2] & ~bits) | bits
        case {"^": [inner, int() as bits]} if found := _bitwise(inner):
            return found[0], found[1], found[2] ^ bits
        case {"meta": {"key": "mark"}}:
            return Field.MARK, _ALL, 0
        case {"ct": {"key": "mark"}}:
            return Field.CT_MARK, _ALL, 0
        case _:
            return None


def _nat(kind: NatKind, body: Mapping[str, Json], family: str, sets: Sets) -> Meaning:
    """Read `dnat ip to ADDRESS:PORT`, where either may be a range or come from a map."""
    spread = bool(body.get("flags")) or "type_flags" in body
    port = _span(body["port"], int) if "port" in body else None
    match body.get("addr"):
        case {"map": {"key": key, "data": data}} if "type_flags" not in body:
            meaning = by_map(key, data, family, sets, lambda value: _translate(kind, value, port, spread=spread))
        case None:
            meaning = _translate(kind, None, port, spread=spread)
        case value:
            meaning = _translate(kind, value, port, spread=spread)
    return _of_family(meaning, str(body.get("family", "")), family)


def _translate(kind: NatKind, value: Json, port: tuple[int, int] | None, *, spread: bool) -> Meaning:
    match value:
        case {"concat": [host, to_port]}:
            value, port = host, _span(to_port, int)
        case _:
            pass
    addresses = None if value is None else _span(value, address)
    return Meaning(statements=(Nat(kind, addresses, port, spread=spread),), verdict=ACCEPT)


def _span(value: Json, read: Callable[[Json], int]) -> tuple[int, int]:
    if isinstance(value, dict) and "range" not in value:
        raise NotKnownError(_NOT_FOLLOWED)
    first, last = value["range"] if isinstance(value, dict) else (value, value)
    return read(first), read(last)


def _of_family(meaning: Meaning, of: str, family: str) -> Meaning:
    """In a table of both families, an address translates packets of its own only."""
    if family != "inet" or of not in _PROTO:
        return meaning
    match = equal(Field.NFPROTO, _PROTO[of])
    return Meaning(then=(Meaning((match,), meaning.statements, meaning.verdict, meaning.then),))
