"""Expressions of nft's JSON, redacted: every word, constant and name by what it is.

What is not known is replaced by something that netaudit does not know either: it stays a match that is undecided.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat

import msgspec

from netaudit.parse.nftables.formats import PLAIN, Json, NftFormat, NftFormats, formats_of
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.words import MODULES, NFT, NFT_KEYS, NFT_PHRASES, TARGETS

_TEXTS = frozenset({"comment", "prefix"})
# What may stand in place of an object: its name.
_OBJECTS = frozenset(
    {
        "counter",
        "quota",
        "limit",
        "synproxy",
        "ct helper",
        "ct timeout",
        "ct expectation",
        "secmark",
        "target",
        "tunnel",
    }
)
_COUNTS = frozenset({"packets", "bytes", "used"})
_LONGEST = 16


class Named(msgspec.Struct, frozen=True):
    """The table that an expression is in."""

    table: str
    family: str


class Expressions:
    """The expressions of one table."""

    def __init__(self, redactor: Redactor, table: Named) -> None:
        self.redactor = redactor
        self._table = table

    def statement(self, value: Json) -> Json:
        """Redact a match, a statement or a verdict."""
        match value:
            case str():  # what nft itself cannot say in JSON
                return self.redactor.unknown(value)
            case {"match": {"op": op, "left": left, "right": right}} if len(value) == 1:
                return self._match(op, left, right)
            case _:
                return self.value(value)

    def value(self, value: Json, formats: NftFormats = PLAIN) -> Json:
        """Redact an expression; `formats` says how its constants are printed: in quotes, as raw bytes."""
        match value:
            case None | bool():
                return value
            case int():
                return self.redactor.any_number(value) if formats[0] is NftFormat.BITS else self.redactor.number(value)
            case str():
                return self._constant(value, formats[0])
            case list():
                return [self.value(one, formats) for one in value]
            case dict():
                return self._compound(value, formats)
            case _:  # a number with a fraction: nft prints none
                return self.redactor.unknown(str(value))

    def element(self, value: Json, formats: NftFormats, values: NftFormats = PLAIN) -> Json:
        """Redact an element of a set, or a pair of a map."""
        match value:
            case [key, data]:
                return [self.value(key, formats), self.value(data, values)]
            case _:
                return self.value(value, formats)

    def word(self, text: str) -> str:
        """Keep a word of nft's own."""
        known = text in NFT or text in NFT_PHRASES or text.lower() in NFT
        return text if known else self.redactor.unknown(text)

    def name(self, text: str) -> str:
        """Replace the name of a chain, set or object of this table."""
        return self.redactor.inner(text, self._table.table)

    def _match(self, op: Json, left: Json, right: Json) -> Json:
        operator = self.word(op) if isinstance(op, str) else ""
        masked = isinstance(left, dict) and "&" in left
        operands = left["&"] if masked else []
        if masked and not (isinstance(operands, list) and all(_keeps_meaning(one) for one in operands[1:])):
            text = msgspec.json.encode([left, right]).decode()
            hidden = self.redactor.unknown(text)
            return {"match": {"op": operator, "left": {"redacted": hidden}, "right": hidden}}
        formats = formats_of(left)
        return {"match": {"op": operator, "left": self.value(left), "right": self.value(right, formats)}}

    def _compound(self, value: Mapping[str, Json], formats: NftFormats) -> Json:  # noqa: PLR0911 (a table of cases)
        match value:
            case {"prefix": {"addr": str() as address, "len": int() as length}} if len(value) == 1:
                return _prefix(self.redactor, address, length)
            case {"range": [str() as first, str() as last]} if len(value) == 1:
                return _range(self.redactor, first, last)
            case {"concat": list() as parts} if len(value) == 1:
                each = chain(formats, repeat(NftFormat.PLAIN))
                return {"concat": [self.value(part, (form,)) for part, form in zip(parts, each, strict=False)]}
            case {"set": list() as elements} if len(value) == 1:
                return {"set": [self.element(one, formats) for one in elements]}
            case {"map": {"key": key, "data": data}} | {"vmap": {"key": key, "data": data}} if len(value) == 1:
                name, keys = next(iter(value)), formats_of(key)
                return {name: {"key": self.value(key), "data": self._data(data, keys, formats)}}
            case {"mangle": {"key": key, "value": new}} if len(value) == 1:
                return {"mangle": {"key": self.value(key), "value": self.value(new, formats_of(key))}}
            case {"xt": dict() as body} if len(value) == 1:
                return {"xt": self._extension(body)}
            case _:
                return dict(self._member(str(key), one, formats) for key, one in value.items())

    def _data(self, data: Json, keys: NftFormats, values: NftFormats) -> Json:
        match data:
            case {"set": list() as pairs}:
                return {"set": [self.element(one, keys, values) for one in pairs]}
            case _:
                return self.value(data)

    def _extension(self, body: Mapping[str, Json]) -> Json:
        """Keep which extension of iptables it is: nft does not say more."""
        kind, name = str(body.get("type", "")), str(body.get("name", ""))
        known = name in MODULES or name in TARGETS
        return {"type": self.word(kind), "name": name if known else self.redactor.unknown(name)}

    def _member(self, key: str, value: Json, formats: NftFormats) -> tuple[str, Json]:
        if key not in NFT_KEYS and key not in NFT_PHRASES:
            return "redacted", self.redactor.unknown(msgspec.json.encode([key, value]).decode())
        if isinstance(value, str):
            return key, self._string_member(key, value, formats)
        if key in _COUNTS and isinstance(value, int):
            return key, value
        return key, self.value(value, formats if key in ("elem", "val", "set", "range", "concat") else PLAIN)

    def _string_member(self, key: str, text: str, formats: NftFormats) -> str:
        if key in _TEXTS:
            return self.redactor.comment(text)
        if key in _OBJECTS:
            return self.name(text)
        if key == "dev":
            return self.redactor.interface(text)
        return self._constant(text, formats[0] if key == "val" else NftFormat.PLAIN)

    def _constant(self, text: str, form: NftFormat) -> str:
        if text.startswith("@"):
            return "@" + self.name(text[1:])
        if text in ("*", "root", ""):
            return text
        if form is not NftFormat.QUOTED and (text in NFT or text in NFT_PHRASES or text.lower() in NFT):
            return text
        hidden = None if form is NftFormat.QUOTED else self.redactor.mac(text)
        if hidden is not None:
            return hidden
        if len(text) < _LONGEST:
            return self.redactor.interface(text)
        return self.redactor.name("n", text)


def _prefix(redactor: Redactor, address: str, length: int) -> Json:
    hidden = redactor.address(f"{address}/{length}")
    if hidden is None:
        return redactor.unknown(f"{address}/{length}")
    return {"prefix": {"addr": hidden.partition("/")[0], "len": length}}


def _range(redactor: Redactor, first: str, last: str) -> Json:
    """Replace a range of addresses by the networks that stand for it: its ends alone would hold others."""
    found = redactor.address_range(first, last)
    if found is None:
        words = [first, last]
        if all(_is_harmless(word) for word in words):
            return {"range": words}
        return redactor.unknown(f"{first}-{last}")
    if len(found) == 1:
        return _network(str(found[0].network_address), found[0].prefixlen)
    return {"set": [_network(str(one.network_address), one.prefixlen) for one in found]}


def _network(address: str, length: int) -> Json:
    return {"prefix": {"addr": address, "len": length}}


def _is_harmless(word: str) -> bool:
    return word in NFT or (word.isascii() and word.isdecimal() and len(word) < 8)


def _keeps_meaning(mask: Json) -> bool:
    """Tell whether what is under a mask is compared as before: bits of an address are not what they were."""
    parts: Sequence[Json] = mask if isinstance(mask, list) else [mask]
    return all(isinstance(one, int | dict) or one in NFT for one in parts)
