"""nft's JSON matches -> their meaning; what is not known is kept word for word."""

import ipaddress
from collections.abc import Mapping

import msgspec

from netaudit.model.netfilter.match import (
    ALWAYS,
    CT_DNAT,
    CT_SNAT,
    NAMES,
    NEVER,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
    all_of,
    any_of,
    in_ranges,
    width_of,
)
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.key_kinds import is_by_chance, is_of_absent_header, within
from netaudit.parse.nftables.keys import Key, bits, read_key
from netaudit.parse.nftables.printer import print_statement


class Elements(msgspec.Struct, frozen=True):
    """What a named set or map holds. `matches` are what it means for the keys that were compared with it so far.

    `uses` are the expressions that look up a map: each has branches of its own, so a large map has a few of them only.
    """

    elements: tuple[Json, ...]
    matches: dict[object, Match] = msgspec.field(default_factory=dict)
    uses: set[int] = msgspec.field(default_factory=set)

    def compare(self, keys: "tuple[Key, ...]", sets: "Sets") -> Match:
        """Match keys with any element, read once for all rules that ask so. Raises NotKnownError, ValueError."""
        asked = tuple((key.field, key.mask, key.flags) for key in keys)
        if asked not in self.matches:
            if len(self.matches) * len(self.elements) > _MOST_COMPARED:
                raise NotKnownError(_TOO_OFTEN)
            self.matches[asked] = any_of(element(keys, one, sets) for one in self.elements)
        return self.matches[asked]

    def look_up(self, key: Json) -> tuple[Json, ...]:
        """Return the elements for a map that an expression looks up. Raises NotKnownError where that is too much."""
        self.uses.add(id(key))
        if len(self.uses) > 1 and len(self.uses) * len(self.elements) > _MOST_BRANCHES:
            raise NotKnownError(_TOO_OFTEN)
        return self.elements


Sets = Mapping[str, Elements]
_MOST_COMPARED = 1 << 22  # elements that one set is read as, for all kinds of keys
_MOST_BRANCHES = 1 << 18  # of one map in all rules that look it up; kube-proxy has two rules for its largest
_TOO_OFTEN = "what looks up so many elements so often is not followed"
_UNRECORDED = "what it looks at is not recorded"
_UNTYPED = " [invalid type]"  # behind a number that nft 1.0.6 does not know how to print: `0x50 [invalid type]`
_COMPARISONS = frozenset({"<", ">", "<=", ">="})


class NotKnownError(Exception):
    """An expression that has no meaning here; the reason is a sentence's end."""

    def __init__(self, reason: str = _UNRECORDED) -> None:
        super().__init__(reason)
        self.reason = reason


def unknown(expression: Json, family: str, reason: str = _UNRECORDED) -> UnknownMatch:
    """Keep a match word for word, as nft prints it."""
    return UnknownMatch(print_statement(expression, family), reason)


def read_match(expression: Json, family: str, sets: Sets) -> Match:
    """Say what `{"match": {"op": …, "left": …, "right": …}}` means."""
    body = expression["match"]
    try:
        if is_by_chance(body["left"]):
            return Sometimes(print_statement(expression, family))
        if is_of_absent_header(body["left"]):  # where there is no header, a rule ends, and says no more of `!=`
            return ALWAYS if body["right"] is False and body["op"] == "==" else NEVER
        keys = read_keys(body["left"])
        return all_of([*before(keys, family), _compare(body["op"], keys, body["right"], sets)])
    except NotKnownError as error:
        return all_of([*within(body["left"]), unknown(expression, family, error.reason)])
    except (ValueError, KeyError, TypeError, AttributeError):  # not as libnftables-json(5) has it, or a new constant
        return unknown(expression, family)


def read_keys(expression: Json) -> tuple[Key, ...]:
    """Say what an expression, or each part of a concatenation, reads. Raises NotKnownError."""
    parts = expression["concat"] if isinstance(expression, dict) and "concat" in expression else [expression]
    keys = tuple(read_key(part) for part in parts)
    if any(key is None for key in keys):
        raise NotKnownError
    return tuple(key for key in keys if key)


def before(keys: tuple[Key, ...], family: str) -> list[Match]:
    """List what has to hold before keys may be read; a table of IP of one version knows its packets' version."""
    needed = dict.fromkeys(match for key in keys for match in key.before)
    return [match for match in needed if not (family in ("ip", "ip6") and _about_family(match))]


def _about_family(match: Match) -> bool:
    return isinstance(match, InRanges) and match.field is Field.NFPROTO


def _compare(operator: str, keys: tuple[Key, ...], right: Json, sets: Sets) -> Match:
    if operator == "==" or (operator == "in" and not keys[0].flags):
        return element(keys, right, sets)
    if operator == "!=":
        return Not(element(keys, right, sets))
    if operator in ("in", "!"):
        return _any_bit(keys[0], right) if operator == "in" else Not(_any_bit(keys[0], right))
    if operator in _COMPARISONS and len(keys) == 1 and keys[0].mask is None:
        return _ordered(operator, keys[0].field, value_of(keys[0], right))
    raise NotKnownError


def _any_bit(key: Key, right: Json) -> Match:
    """Match where any of the bits is set, which for a state means: one of the states."""
    wanted = bits(key, right)
    if key.field is Field.CT_STATE:
        return any_of(in_ranges(key.field, [(1 << at, 1 << at)]) for at in range(7) if wanted >> at & 1)
    if key.field is Field.CT_STATUS and wanted & ~(CT_SNAT | CT_DNAT):
        raise NotKnownError
    return Not(Masked(key.field, wanted if key.mask is None else wanted & key.mask, 0))


def _ordered(operator: str, field: Field, value: int) -> Match:
    last = (1 << width_of(field, "ip6")) - 1
    return in_ranges(
        field,
        [{"<": (0, value - 1), "<=": (0, value), ">": (value + 1, last), ">=": (value, last)}[operator]],
    )


def element(keys: tuple[Key, ...], value: Json, sets: Sets) -> Match:
    """Match keys with a constant, a range, a prefix, or any element of a set. Raises NotKnownError, ValueError."""
    match value:
        case {"elem": {"val": inner, **more}}:
            limits = ({name: more[name]} for name in ("limit", "quota", "ct count") if name in more)
            return all_of([element(keys, inner, sets), *(Sometimes(print_statement(one, "inet")) for one in limits)])
        case {"set": list() as elements}:
            return any_of(element(keys, one, sets) for one in elements)
        case str() if value.startswith("@"):
            return held(value, sets).compare(keys, sets)
        case {"concat": list() as parts} if len(parts) == len(keys):
            return all_of(element((key,), part, sets) for key, part in zip(keys, parts, strict=True))
        case _ if len(keys) == 1:
            return _single(keys[0], value)
        case _:
            raise NotKnownError


def held(name: str, sets: Sets) -> Elements:
    """Return what a named set or map holds. Raises NotKnownError where no snapshot can tell."""
    found = sets.get(name.removeprefix("@"))
    if found is None:
        raise NotKnownError
    return found


def _single(key: Key, value: Json) -> Match:
    if key.field in NAMES:
        return _name(key.field, value)
    if key.field is Field.REVERSE_PATH:
        return _exists(value)
    if key.field is Field.CT_STATUS and (key.mask is None or key.mask & ~(CT_SNAT | CT_DNAT)):
        raise NotKnownError
    if key.mask is not None:
        return _under_mask(key, value)
    if value == "*":
        return ALWAYS
    return in_ranges(key.field, [range_of(key, value)])


def _under_mask(key: Key, value: Json) -> Match:
    """Compare the bits under a mask; bits outside it are never equal."""
    wanted, mask = bits(key, value) if not _is_address(value) else key.constant(value), key.mask or 0
    return NEVER if wanted & ~mask else Masked(key.field, mask, wanted)


def _is_address(value: Json) -> bool:
    return isinstance(value, str) and (":" in value or value.count(".") == 3)


def _name(field: Field, value: Json) -> Match:
    if not isinstance(value, str):
        raise NotKnownError
    return Named(field, (value,))


def _exists(value: Json) -> Match:
    if not isinstance(value, bool):
        raise NotKnownError
    return in_ranges(Field.REVERSE_PATH, [(int(value), int(value))])


def range_of(key: Key, value: Json) -> tuple[int, int]:
    """Read a constant, a range or a prefix as an inclusive range. Raises ValueError."""
    match value:
        case {"range": [first, last]}:
            low, high = value_of(key, first), value_of(key, last)
            if low > high:  # nft 1.0.6 prints `udp sport < 9 ip ttl > 60` as `ip ttl != 9-60`
                raise ValueError(value)
            return low, high
        case {"prefix": {"addr": str() as address, "len": int() as length}}:
            network = ipaddress.ip_network(f"{address}/{length}", strict=False)
            return int(network.network_address), int(network.broadcast_address)
        case _:
            only = bits(key, value) if key.flags else value_of(key, value)
            return only, only


def value_of(key: Key, value: Json) -> int:
    """Read one constant. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)  # noqa: TRY004 (what is read is data: no constant of this key)
    if isinstance(value, str) and value.endswith(_UNTYPED):
        return int(value.removesuffix(_UNTYPED), 16)
    return value if isinstance(value, int) else key.constant(value)
