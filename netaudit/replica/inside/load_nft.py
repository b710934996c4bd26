"""Load a native table from nft's JSON, each object under the handle that it has on its host.

A table counts its handles: chains, rules, sets, objects and the anonymous sets of rules take the next one each. So
objects are added by rising handle, as they once were on the host, rules at their place among those that are there
already; where the host had handles that are gone, rules of a chain that is deleted again take them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from netaudit.replica.inside.ended import Ended, run_inside
from netaudit.replica.inside.placeholder import placeholder
from netaudit.replica.order import Json, Lost, NftTable

_FILLER = "netaudit-filler"
_MOST_FILLED = 100_000
_NOT_ADDED = frozenset({"table", "element"})


def load_table(table: NftTable, timeout: float) -> list[Lost]:
    """Load a table whole; else object by object, and return what could not be loaded."""
    for commands in (list(_by_handle(table)), list(_in_order(table))):
        if commands and _feed(commands, timeout).code == 0:
            return []
    return list(_one_by_one(table, timeout))


def _feed(commands: Sequence[Json], timeout: float) -> Ended:
    return run_inside(["nft", "-j", "-f", "-"], timeout, msgspec.json.encode({"nftables": commands}))


def _head(table: NftTable) -> Json:
    own = next((body for kind, body in table.objects if kind == "table"), {"family": table.family, "name": table.name})
    return _add("table", own)


def _by_handle(table: NftTable) -> Iterator[Json]:
    """Write the commands that give every object its own handle; none where handles are not told, or too many are gone.

    A `handle` in the command that adds a rule names the rule behind which it comes.
    """
    own = [(kind, body) for kind, body in table.objects if kind not in _NOT_ADDED]
    rising = sorted(own, key=lambda one: _handle(one[1]))
    if not rising or _handle(rising[0][1]) <= 0 or _handle(rising[-1][1]) > _MOST_FILLED:
        return
    yield _head(table)
    place = {"family": table.family, "table": table.name}
    filler: list[Json] = []  # what takes the handles that are gone: a chain first, then rules in it
    taken = 0
    there: set[int] = set()
    before = _rules_before(own)
    for kind, body in rising:
        needed = _anonymous_sets(body.get("expr")) + 1
        for _ in range(_handle(body) - needed - taken):
            filler.append(_filler_rule(place) if filler else _add("chain", {**place, "name": _FILLER}))
            yield filler[-1]
        yield from _add_rule(body, before, there) if kind == "rule" else [_add(kind, _without_elements(body))]
        there.add(_handle(body))
        taken = max(taken + needed, _handle(body))
    if filler:
        yield {"delete": {"chain": {**place, "name": _FILLER}}}
    yield from _elements(own)


def _filler_rule(place: Mapping[str, Json]) -> Json:
    return _add("rule", {**place, "chain": _FILLER, "expr": [{"counter": None}]})


def _add_rule(body: Mapping[str, Json], before: Mapping[int, Sequence[int]], there: set[int]) -> Iterator[Json]:
    """Add a rule behind the nearest rule before it that is there, else in front of its chain."""
    nearest = next((one for one in reversed(before[_handle(body)]) if one in there), None)
    if nearest is None:
        yield {"insert": {"rule": _bare(body)}}
    else:
        yield {"add": {"rule": {**_bare(body), "handle": nearest}}}


def _rules_before(own: Iterable[tuple[str, Mapping[str, Json]]]) -> dict[int, Sequence[int]]:
    """Return the handles of the rules before each rule of its chain."""
    chains: dict[str, list[int]] = {}
    before: dict[int, Sequence[int]] = {}
    for kind, body in own:
        if kind == "rule":
            earlier = chains.setdefault(str(body.get("chain")), [])
            before[_handle(body)] = _Prefix(earlier, len(earlier))
            earlier.append(_handle(body))
    return before


class _Prefix(Sequence[int]):
    """The first items of a list that grows: a chain of 10,000 rules needs no 10,000 copies."""

    def __init__(self, items: list[int], length: int) -> None:
        self._items, self._length = items, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: int) -> int:  # type: ignore[override]
        if not 0 <= at < self._length:
            raise IndexError(at)
        return self._items[at]


def _in_order(table: NftTable) -> Iterator[Json]:
    """Write the commands that make the same table, whatever its handles."""
    own = [(kind, body) for kind, body in table.objects if kind not in _NOT_ADDED]
    yield _head(table)
    yield from (_add(kind, _without_elements(body)) for kind, body in _rules_last(own))
    yield from _elements(own)


def _rules_last(own: Iterable[tuple[str, Mapping[str, Json]]]) -> list[tuple[str, Mapping[str, Json]]]:
    return sorted(own, key=lambda one: one[0] == "rule")


def _one_by_one(table: NftTable, timeout: float) -> Iterator[Lost]:
    own = [(kind, body) for kind, body in table.objects if kind not in _NOT_ADDED]
    _feed([_head(table)], timeout)
    for at, (kind, body) in enumerate(_rules_last(own)):
        ended = _feed([_add(kind, _without_elements(body))], timeout)
        if ended.code != 0:
            yield Lost(f"{kind} {_describe(table, kind, body)}", ended.first_complaint)
            if kind == "rule":
                holding = {**_bare(body), "expr": [{"counter": None}], "comment": placeholder(at)}
                _feed([_add("rule", holding)], timeout)
    for command in _elements(own):
        ended = _feed([command], timeout)
        if ended.code != 0:
            yield Lost(f"elements of {table.family} {table.name}", ended.first_complaint)


def _describe(table: NftTable, kind: str, body: Mapping[str, Json]) -> str:
    name = f"{body.get('chain')} handle {body.get('handle')}" if kind == "rule" else str(body.get("name"))
    return f"{table.family} {table.name} {name}"


def _elements(own: Iterable[tuple[str, Mapping[str, Json]]]) -> Iterator[Json]:
    """Fill sets and maps last: elements may name chains that come after their map."""
    for kind, body in own:
        if kind in ("set", "map") and body.get("elem"):
            place = {key: body[key] for key in ("family", "table", "name")}
            yield _add("element", {**place, "elem": [_lasting(one) for one in body["elem"]]})


def _lasting(element: Json) -> Json:
    match element:
        case {"elem": dict(inner)}:
            return {"elem": {key: value for key, value in inner.items() if key != "expires"}}
        case _:
            return element


def _without_elements(body: Mapping[str, Json]) -> Json:
    bare = _bare(body)
    if "type" in bare and isinstance(bare.get("elem"), list):
        bare.pop("elem")
    return bare


def _bare(body: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in body.items() if key != "handle"}


def _add(kind: str, body: Mapping[str, Json]) -> Json:
    return {"add": {kind: _bare(body)}}


def _handle(body: Mapping[str, Json]) -> int:
    handle = body.get("handle")
    return handle if isinstance(handle, int) else 0


def _anonymous_sets(value: Json) -> int:
    """Count the sets without a name in a rule: each takes a handle before the rule does."""
    match value:
        case dict():
            own = isinstance(value.get("set"), list) and len(value) == 1
            return own + sum(_anonymous_sets(inner) for inner in value.values())
        case list():
            return sum(map(_anonymous_sets, value))
        case _:
            return 0
