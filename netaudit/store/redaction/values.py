"""Addresses, names, texts and numbers -> pseudonyms by one key; what is done is counted.

A method that gives None says: what it was given is not of its kind. Who asked leaves it away, or puts `unknown` there.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network

from netaudit.store.redaction.addresses import Addresses, Network
from netaudit.store.redaction.names import Names
from netaudit.store.redaction.tally import Kind, Tally

_MAC = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,}")
_SMALL = 1 << 24  # a number below says too little to be an address
_RUNS = re.compile(r"1+")


class ValueRedactor:
    """Replaces the values that it is given, and counts what it did."""

    def __init__(self, key: bytes) -> None:
        self.names = Names(key)
        self.tally = Tally()
        self._addresses = Addresses(key)

    def keep_ends(self, networks: Iterable[IPv4Network]) -> None:
        """Let the ends of this host's networks stay ends, the smallest network's above all."""
        for network in sorted(set(networks), key=lambda one: (one.prefixlen, one)):
            self._addresses.keep_ends(network)

    def count(self, kind: Kind, times: int = 1) -> None:
        """Note something that was done in the file at hand."""
        self.tally.count(kind, times)

    def address(self, text: str) -> str | None:
        """Replace an address, with or without a prefix length or a mask without gaps."""
        try:
            hidden = self._addresses.text(text)
        except ValueError:
            return None
        return self.done(Kind.ADDRESS, text, hidden)

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
        return self.done(Kind.ADDRESS, text, self.names.mac(text))

    def interface(self, name: str) -> str:
        """Replace the name of an interface, unless it is a usual one."""
        return self.done(Kind.NAME, name, self.names.interface(name))

    def text(self, text: str) -> str:
        """Replace what somebody typed."""
        return self.done(Kind.TEXT, text, self.names.hash("text", text)[:12]) if text else ""

    def name(self, kind: str, name: str) -> str:
        """Replace a name of a kind of things."""
        return self.done(Kind.NAME, name, self.names.pseudonym(kind, name)) if name else ""

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

    def done(self, kind: Kind, before: str, after: str) -> str:
        """Return what stands in the place of something; counts it if that is another."""
        if before != after:
            self.count(kind)
        return after
