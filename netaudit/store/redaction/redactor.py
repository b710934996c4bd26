"""All that one key and one catalog replace; what is done is counted by file and kind.

A method that gives None says: what it was given is not of its kind. Who asked leaves it away, or puts `unknown` there.
"""

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import IPv4Network

import msgspec

from netaudit.attribute.signatures.signature import Catalog
from netaudit.store.redaction.addresses import Addresses, Network
from netaudit.store.redaction.known import Known, own_words
from netaudit.store.redaction.names import Names

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,}")
_SMALL = 1 << 24  # a number below says too little to be an address
_RUNS = re.compile(r"1+")


class Kind(StrEnum):
    """What was done, in the words of the summary."""

    ADDRESS = "addresses replaced"
    NAME = "names replaced"
    TEXT = "texts replaced"
    NUMBER = "numbers replaced"
    UNKNOWN = "unknown parts replaced by a placeholder"
    FIELD = "fields removed"
    LINE = "lines removed"
    OBJECT = "objects removed"
    FILE = "files removed"


class Removal(msgspec.Struct, frozen=True, order=True):
    """How often something was replaced or removed in a file."""

    file: str
    kind: Kind
    count: int


class Redactor:
    """Replaces what it is given. `file` is the one that is at hand."""

    def __init__(self, key: bytes, catalog: Catalog) -> None:
        self.names = Names(key)
        self.known = Known(catalog)
        self.file = ""
        self._addresses = Addresses(key)
        self._counts: Counter[tuple[str, Kind]] = Counter()

    def keep_ends(self, networks: Iterable[IPv4Network]) -> None:
        """Let the ends of this host's networks stay ends, the smallest network's above all."""
        for network in sorted(set(networks), key=lambda one: (one.prefixlen, one)):
            self._addresses.keep_ends(network)

    def count(self, kind: Kind, times: int = 1) -> None:
        """Note something that was done in the file at hand."""
        if times:
            self._counts[self.file, kind] += times

    def summary(self) -> tuple[Removal, ...]:
        """List all that was done."""
        return tuple(sorted(Removal(file, kind, count) for (file, kind), count in self._counts.items()))

    def removed(self, kind: Kind) -> int:
        """Tell how often something was done in the file at hand."""
        return self._counts[self.file, kind]

    def address(self, text: str) -> str | None:
        """Replace an address, with or without a prefix length or a mask without gaps."""
        try:
            hidden = self._addresses.text(text)
        except ValueError:
            return None
        return self._done(Kind.ADDRESS, text, hidden)

    def address_range(self, first: str, last: str) -> list[Network] | None:
        """Replace a range of addresses by the networks that stand for it."""
        try:
            found = self._addresses.range(first, last)
        except (ValueError, TypeError):
            return None
        self.count(Kind.ADDRESS)
        return found

    def mac(self, text: str) -> str | None:
        """Replace a hardware address, or a tunnel's end in its place."""
        if not _MAC.fullmatch(text):
            return self.address(text)
        return self._done(Kind.ADDRESS, text, self.names.mac(text))

    def interface(self, name: str) -> str:
        """Replace the name of an interface, unless it is a usual one."""
        return self._done(Kind.NAME, name, self.names.interface(name))

    def table(self, name: str) -> str:
        """Replace the name of a table, unless a maker of rules gives it."""
        known = self.known.table(name, self.names)
        return self._done(Kind.NAME, name, known or f"table{self.names.letters(name, 8)}")

    def inner(self, name: str, table: str) -> str:
        """Replace the name of a chain, a set or another object of a table, unless a maker of rules gives it."""
        known = self.known.inner(name, table, self.names, self._fill)
        return self._done(Kind.NAME, name, known or self.names.pseudonym("n", name))

    def set_name(self, name: str, rule: str) -> str:
        """Replace the name of a set that a rule of iptables asks."""
        known = self.known.set_name(name, rule, self.names)
        return self._done(Kind.NAME, name, known or self.names.pseudonym("set", name))

    def ipset(self, name: str) -> str:
        """Replace the name of an ipset as `set_name` does where a rule names it."""
        return self.set_name(name, f"--match-set {name} src")

    def comment(self, text: str, rule: str = "") -> str:
        """Replace the comment of a rule, unless a maker of rules writes it."""
        known = self.known.comment(text, rule, self.names)
        return self._done(Kind.TEXT, text, known if known is not None else self.text(text))

    def text(self, text: str) -> str:
        """Replace what somebody typed."""
        return self._done(Kind.TEXT, text, self.names.hash("text", text)[:12]) if text else ""

    def name(self, kind: str, name: str) -> str:
        """Replace a name of a kind of things."""
        return self._done(Kind.NAME, name, self.names.pseudonym(kind, name)) if name else ""

    def unknown(self, text: str) -> str:
        """Return what stands for something that is not known: the same for the same."""
        self.count(Kind.UNKNOWN)
        return self.names.pseudonym("redacted", text)

    def number(self, value: int) -> int:
        """Replace a number that could be an address; a small one, and one of few runs of bits, a mask, stays."""
        if abs(value) < _SMALL or len(_RUNS.findall(f"{value:b}")) <= 2:
            return value
        return self.any_number(value)

    def any_number(self, value: int) -> int:
        """Replace a number whatever it is."""
        self.count(Kind.NUMBER)
        return self.names.number(abs(value))

    def constants(self, rule: str) -> str | None:
        """Replace what a maker computed into the constants of its rule; None for any other rule."""
        return self.known.constants(rule, self._fill)

    def _done(self, kind: Kind, before: str, after: str) -> str:
        if before != after:
            self.count(kind)
        return after

    def _fill(self, hole: str, value: str) -> str | None:  # noqa: PLR0911 (a table of cases)
        """Replace what fills the hole of a template."""
        match hole:
            case "bridge" | "interface" | "trusted":
                return self.interface(value)
            case "host_port" | "container_port" | "vxlan_port" | "protocol":
                return value
            case "name":
                return own_words(value, self.names)
            case "vxlan_id":
                return str(self.names.vxlan_id(int(value)))
            case "vni":
                return str(self.names.vxlan_id(int(value) >> 8) << 8)
            case "vni_hex":
                return f"{self.names.vxlan_id(int(value, 16) >> 8) << 8:#x}"
            case _:
                return self.address(value)
