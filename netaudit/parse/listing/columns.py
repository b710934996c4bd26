"""One line of `iptables -L` -> its columns; which there are, the chain's heading tells."""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from netaudit.parse.listing.names import is_ipv6
from netaudit.parse.reading.services import PROTOCOL_NAMES

_HEADING = frozenset({"num", "pkts", "bytes", "target", "prot", "opt", "in", "out", "source", "destination"})
_OPTIONS = ("--", "-f", "!f")
_COUNT = re.compile(r"(\d{1,20})([KMGTP]?)", re.ASCII)
_ADDRESS = re.compile(r"[\w-]*[.:/][\w.:/-]*[\w/:]")  # with a dot, a colon or a mask inside
_MATCHES = frozenset(
    {"ctstate", "state", "tcp", "udp", "ADDRTYPE", "reject-with", "multiport", "/*", "LOG"}
)  # behind them
_TAKEN_OUT = "…"  # in the place of an address
_TO_INTERFACES = 5  # columns: target, prot, opt, in and out
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}


class ColumnLayout(msgspec.Struct, frozen=True):
    """Which columns there are beside target, prot, opt, source and destination."""

    numbered: bool = False
    counted: bool = False
    wide: bool = False  # has interfaces, as with -v
    cut: bool = False  # ends before `destination`: so does every row


NARROW = ColumnLayout()


class Columns(msgspec.Struct, frozen=True):
    """A rule's columns, word for word; `target` is "" for a rule that only counts, `inside` None without -v."""

    target: str
    protocol: str
    option: str
    inside: str | None
    outside: str | None
    source: str
    destination: str
    rest: str
    packets: int | None = None
    octets: int | None = None

    @property
    def of_ipv6(self) -> bool:
        """Tell whether the addresses are of IPv6."""
        return is_ipv6(self.source) or is_ipv6(self.destination) or self.protocol in ("ipv6-icmp", "icmpv6")


def read_layout(line: str) -> ColumnLayout | None:
    """Read a chain's heading; None for any other line."""
    words = line.split(None, 11)
    if not {"target", "prot"} <= {*words} or not {*words[:-1]} <= _HEADING or not _is_heading(words[-1]):
        return None
    counted = {"pkts", "bytes"} <= {*words}
    cut = "destination" not in words
    return ColumnLayout(numbered="num" in words, counted=counted, wide={"in", "out"} <= {*words}, cut=cut)


def is_heading(words: Sequence[str]) -> bool:
    """Tell whether all words head columns."""
    return all(word in _HEADING for word in words)


def has_addresses(columns: Columns) -> bool:
    """Tell whether both ends of a rule are shown as addresses, and not as any words."""
    return _is_address(columns.source) and _is_address(columns.destination)


def _is_heading(word: str) -> bool:
    """Tell whether a word heads a column, or is what a terminal's edge left of one."""
    return any(name.startswith(word) for name in _HEADING)


def split_columns(line: str, layout: ColumnLayout) -> Columns | None:
    """Split a rule's line; None for another line."""
    packets = octets = None
    if layout.cut:
        return None
    if layout.numbered:
        number, line = _head(line)
        if not number.isdecimal():
            return None
    if layout.counted:
        first, line = _head(line)
        second, line = _head(line)
        packets, octets = _count(first), _count(second)
        if packets is None or octets is None:
            return None
    words = line.split(None, 8)
    option = next((at for at in (1, 2) if at < len(words) and words[at] in _OPTIONS), 0)
    has_target = option == 2 if option else not _is_protocol(words[0] if words else "", words[1:2])
    columns = _columns(line, layout, (has_target, bool(option)), (packets, octets))
    return columns if columns and _are_columns(columns, has_option=bool(option)) else None


def is_rule_like(line: str, layout: ColumnLayout) -> bool:
    """Tell whether a line that is no rule looks like one that was cut or changed, and not like what people write."""
    words = line.split(None, 12)
    if layout.counted and words and _count(words[0]) is not None:
        return True
    return any(word in _OPTIONS and _is_known_protocol(before) for before, word in pairwise(words))


def cut_columns(line: str, layout: ColumnLayout) -> Columns | None:
    """Split a row whose end was cut away behind its interfaces; None for another: `…` says that more followed."""
    words = line.split(None, 12)
    counts, row = words[layout.numbered :][:2], words[layout.numbered + 2 :]
    if not (layout.wide and layout.counted) or len(row) < _TO_INTERFACES:
        return None
    target, protocol, option, inside, outside = row[:_TO_INTERFACES]
    if option not in _OPTIONS or not _is_known_protocol(protocol):
        return None
    packets, octets = map(_count, counts)
    return Columns(target, protocol, option, inside, outside, "anywhere", "anywhere", "…", packets, octets)


def _are_columns(columns: Columns, *, has_option: bool) -> bool:
    """Return whether words can be a rule's columns: any sentence has as many words."""
    addressed = [_is_address(columns.source), _is_address(columns.destination)]
    if columns.source == _TAKEN_OUT:
        return has_option and _is_known_protocol(columns.protocol)
    if has_option and _is_known_protocol(columns.protocol):
        return any(addressed) or columns.target.isupper() or not columns.rest
    return (has_option or _is_known_protocol(columns.protocol)) and all(addressed)


def _is_address(word: str) -> bool:
    """Return whether a word is an address, or a name with a domain: not a word of a sentence."""
    bare = word.removeprefix("!")
    return bare in ("anywhere", "default", "localhost") or _ADDRESS.fullmatch(bare) is not None


def _columns(
    line: str, layout: ColumnLayout, there: tuple[bool, bool], counts: tuple[int | None, int | None]
) -> Columns | None:
    names = [
        *(["target"] if there[0] else []),
        "protocol",
        *(["option"] if there[1] else []),
        *(["inside", "outside"] if layout.wide else []),
        "source",
        "destination",
    ]
    found: dict[str, str | None] = {"target": "", "option": "--", "inside": None, "outside": None}
    for name in names:
        word, rest = _head(line)
        if not word:
            return None
        if name == "source" and word in _MATCHES:  # some pages take 0.0.0.0/0 for an address of the web
            found |= {"source": _TAKEN_OUT, "destination": _TAKEN_OUT}
            break
        found[name], line = word, rest
    return msgspec.convert({**found, "rest": line.strip(), "packets": counts[0], "octets": counts[1]}, Columns)


def _head(line: str) -> tuple[str, str]:
    """Split off the first word."""
    word, *rest = line.split(None, 1) or [""]
    return word, rest[0] if rest else ""


def _is_protocol(word: str, following: list[str]) -> bool:
    """Tell a protocol from a target, where no option column stands between them: old listings of IPv6."""
    return _is_known_protocol(word) and not (following and _is_known_protocol(following[0]))


def _is_known_protocol(word: str) -> bool:
    bare = word.removeprefix("!")
    return bare in PROTOCOL_NAMES or bare in ("all", "icmpv6") or (bare.isdecimal() and len(bare) < 4)


def _count(word: str) -> int | None:
    """Read `12`, `487K`, `32M`: rounded to thousands where a unit stands."""
    found = _COUNT.fullmatch(word)
    return int(found[1]) * _UNITS[found[2]] if found else None
