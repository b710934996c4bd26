"""The JSON of nft, redacted: the fields of each kind of object; expressions are nft_expression's."""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from netaudit.model.facts import Source
from netaudit.parse.nftables.formats import Json, formats_of_type
from netaudit.parse.nftables.ruleset import read_objects
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.reading.decode import decode_json
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.rules.nft_expression import Expressions, Named
from netaudit.store.redaction.tally import Kind
from netaudit.store.redaction.words import FAMILIES

_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,2}", re.ASCII)
_OVERLAY = "docker-overlay"  # its sets hold the ids of Docker's encrypted networks
Field = Callable[[Json, Expressions], Json]


def _whole(value: Json, inside: Expressions) -> Json:
    return inside.value(value) if isinstance(value, int) else None


def _count(value: Json, _inside: Expressions) -> Json:
    return value if isinstance(value, int) else None


def _word(value: Json, inside: Expressions) -> Json:
    if isinstance(value, list):
        return [_word(one, inside) for one in value]
    return inside.word(value) if isinstance(value, str) else _whole(value, inside)


def _device(value: Json, inside: Expressions) -> Json:
    if isinstance(value, list):
        return [_device(one, inside) for one in value]
    return inside.redactor.interface(value) if isinstance(value, str) else None


def _name(value: Json, inside: Expressions) -> Json:
    return inside.name(value) if isinstance(value, str) else None


def _table(value: Json, inside: Expressions) -> Json:
    return inside.redactor.table(value) if isinstance(value, str) else None


def _text(value: Json, inside: Expressions) -> Json:
    return inside.redactor.comment(value) if isinstance(value, str) else None


def _hidden(value: Json, inside: Expressions) -> Json:
    return inside.redactor.name("n", value) if isinstance(value, str) else None


def _list(value: Json, inside: Expressions) -> Json:
    return [inside.statement(one) for one in value] if isinstance(value, list) else []


def _type(value: Json, inside: Expressions) -> Json:
    """Keep the type of a set: words, or `typeof` an expression."""
    return inside.value(value) if isinstance(value, dict) else _word(value, inside)


_ANY: Mapping[str, Field] = {"family": _word, "table": _table, "name": _name, "handle": _whole, "comment": _text}
_COUNTS: Mapping[str, Field] = {
    **dict.fromkeys(("packets", "bytes", "used"), _count),
    **dict.fromkeys(("rate", "burst", "size", "timeout"), _whole),
}
_SET: Mapping[str, Field] = {
    **_ANY,
    **dict.fromkeys(("flags", "policy"), _word),
    **dict.fromkeys(("size", "timeout", "gc-interval", "auto-merge"), _whole),
    "type": _type,
    "map": _type,
    "stmt": _list,
}
_LIMIT: Mapping[str, Field] = {**_ANY, **_COUNTS, **dict.fromkeys(("per", "unit", "rate_unit", "burst_unit"), _word)}
_OBJECTS: Mapping[str, Mapping[str, Field]] = {
    "table": {**_ANY, "name": _table, "flags": _word},
    "chain": {**_ANY, "type": _word, "hook": _word, "policy": _word, "prio": _word, "dev": _device},
    "rule": {**_ANY, "chain": _name, "expr": _list},
    "set": _SET,
    "map": _SET,
    "element": _ANY,
    "counter": {**_ANY, **_COUNTS},
    "quota": {**_ANY, **_COUNTS, "inv": _whole},
    "limit": {**_LIMIT, "inv": _whole},
    "flowtable": {**_ANY, "hook": _word, "prio": _word, "dev": _device, "flags": _word},
    "ct helper": {**_ANY, "type": _word, "protocol": _word, "l3proto": _word},
    "ct timeout": {**_ANY, "protocol": _word, "l3proto": _word},
    "ct expectation": {**_ANY, "protocol": _word, "l3proto": _word, "dport": _whole, "timeout": _whole, "size": _whole},
    "secmark": {**_ANY, "context": _hidden},
    "synproxy": {**_ANY, "mss": _whole, "wscale": _whole, "flags": _word},
}


def redact_nft(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact what nft printed; its text becomes JSON."""
    if is_nft_text(data):
        objects = read_objects(data, source)
        data = msgspec.json.encode({"nftables": [{kind: body} for kind, body in objects]})
    printed = decode_json(data, dict[str, object], source=source, expected="JSON of nft")
    entries = printed.get("nftables")
    listed = entries if isinstance(entries, list) else []
    redactor.count(Kind.FIELD, len(printed) - ("nftables" in printed))
    return msgspec.json.encode({"nftables": [one for entry in listed for one in _entry(entry, redactor)]})


def _entry(entry: Json, redactor: Redactor) -> Iterator[Json]:
    """Redact the objects of an entry; nft prints one in each."""
    for kind, body in entry.items() if isinstance(entry, dict) else [("", None)]:
        if kind == "metainfo" and isinstance(body, dict):
            yield {kind: _about_itself(body)}
        elif kind in _OBJECTS and isinstance(body, dict):
            yield {kind: _object(kind, body, redactor)}
        else:
            redactor.count(Kind.OBJECT)


def _about_itself(body: Mapping[str, Json]) -> Json:
    version, schema = body.get("version"), body.get("json_schema_version")
    known = {"version": version} if isinstance(version, str) and _VERSION.fullmatch(version) else {}
    return {**known, **({"json_schema_version": schema} if isinstance(schema, int) else {})}


def _object(kind: str, body: Mapping[str, Json], redactor: Redactor) -> Json:
    name = body.get("name" if kind == "table" else "table")
    family = body.get("family")
    named = Named(str(name), family if isinstance(family, str) and family in FAMILIES else "")
    inside = Expressions(redactor, named)
    fields = _OBJECTS[kind]
    hidden = {key: fields[key](value, inside) for key, value in body.items() if key in fields}
    lost = body.keys() - fields.keys()
    if kind in ("set", "map", "element") and isinstance(body.get("elem"), list):
        hidden["elem"] = _elements(body, inside, named)
        lost -= {"elem"}
    redactor.count(Kind.FIELD, len(lost))
    return {key: value for key, value in hidden.items() if value is not None}


def _elements(body: Mapping[str, Json], inside: Expressions, table: Named) -> list[Json]:
    if table.table == _OVERLAY:
        return [_vxlan_id(one, inside) for one in body["elem"]]
    formats = formats_of_type(body.get("type")), formats_of_type(body.get("map"))
    return [inside.element(one, *formats) for one in body["elem"]]


def _vxlan_id(value: Json, inside: Expressions) -> Json:
    """Replace the id of an encrypted network as the network's own options are."""
    names = inside.redactor.names
    match value:
        case bool():
            return value
        case int():
            return names.vxlan_id(value)
        case str() if re.fullmatch(r"0x[0-9a-f]{1,8}", value):
            return f"{names.vxlan_id(int(value, 16)):#x}"
        case _:
            return inside.value(value)
