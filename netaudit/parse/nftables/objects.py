"""What nft's JSON says of sets and maps beside their elements, and of its other named objects, in short words.

Keys are printed in the order of the alphabet, whatever they are: what is unknown is kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from netaudit.model.netfilter.ruleset import NamedObject
from netaudit.parse.nftables.printer import print_statement
from netaudit.parse.nftables.values import print_duration, print_value, verbatim

Json = Mapping[str, Any]
_ADDRESS = frozenset({"family", "table", "name", "handle"})
_OF_SETS = _ADDRESS | {"type", "map", "elem", "flags"}
_COUNTED = frozenset({"packets", "bytes", "used"})  # moves by itself
_NO_OBJECTS = frozenset({"metainfo", "table", "chain", "rule", "set", "map", "element"})


def named_objects(own: Iterable[tuple[str, Json]]) -> Iterator[NamedObject]:
    """Read counters, quotas, limits, flowtables, helpers and whatever else a table holds by name."""
    for kind, body in own:
        if kind not in _NO_OBJECTS:
            yield NamedObject(
                name=str(body.get("name")),
                kind=kind,
                declaration=_declaration(kind, body),
                packets=_count(body, "packets"),
                octets=_count(body, "used" if kind == "quota" else "bytes"),
            )


def _count(body: Json, key: str) -> int | None:
    value = body.get(key)
    return value if isinstance(value, int) else None


def _declaration(kind: str, body: Json) -> str:
    if kind not in ("limit", "quota"):
        return "; ".join(_details(body, _ADDRESS | _COUNTED))
    said = print_statement({kind: {**body, "val": body.get("bytes")}}).removeprefix(f"{kind} ")
    return "; ".join([said, *_details({key: body[key] for key in ("comment",) if key in body})])


def print_set_type(body: Json) -> str:
    """Print a set's or map's type, flags, time-outs, size and policy."""
    declared = _type(body.get("type"))
    if "map" in body:
        declared += f" : {_type(body['map']).removeprefix('type ')}"
    lasting = {key: body[key] for key in ("gc-interval", "timeout") if isinstance(body.get(key), int)}
    inner = {**body, **{key: print_duration(seconds) for key, seconds in lasting.items()}}
    return "; ".join([declared, *_flags(body), *_details(inner, _OF_SETS)])


def _flags(body: Json) -> Iterator[str]:
    """Print flags where there are any; nft prints a list of one flag as the flag."""
    flags = body.get("flags")
    if flags:
        yield "flags " + ",".join(map(str, flags if isinstance(flags, list) else [flags]))


def _type(kind: Any) -> str:  # noqa: ANN401 (nft's JSON)
    match kind:
        case {"typeof": key}:
            return f"typeof {print_value(key)}"
        case list():
            return f"type {' . '.join(map(str, kind))}"
        case _:
            return f"type {kind}"


def _details(body: Json, apart_from: frozenset[str] = frozenset()) -> Iterator[str]:
    for key in sorted(body.keys() - apart_from):
        yield _detail(key, body[key])


def _detail(key: str, value: Any) -> str:  # noqa: ANN401 (nft's JSON)
    match key, value:
        case "comment", str():
            return f'comment "{value}"'
        case "stmt", list():
            return " ".join(print_statement(one) for one in value)
        case _, str() | int():
            return key if value is True else f"{key} {value}"
        case _, list() if all(isinstance(part, str | int) for part in value):
            return f"{key} {','.join(map(str, value))}"
        case _:
            return f"{key} {verbatim(value)}"
