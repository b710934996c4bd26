"""One listed rule -> the text that iptables-save would print of it."""

from collections.abc import Iterator

import msgspec

from netaudit.model.netfilter.ruleset import Rule
from netaudit.parse.listing.columns import Columns
from netaudit.parse.listing.matches import read_matches
from netaudit.parse.listing.names import BindingEvidence, ResolvedName, read_address, read_protocol
from netaudit.parse.listing.targets import TARGETS, read_target
from netaudit.parse.listing.words import Words, quoted, unlisted
from netaudit.parse.reading.result import Loss

_NO_INTERFACES = Loss("the interfaces of rules: listed without -v")


class ListedRule(msgspec.Struct, frozen=True):
    """A rule, and what its line did not say."""

    rule: Rule
    losses: tuple[Loss, ...] = ()


def read_listed_rule(chain: str, columns: Columns, family: str, evidence: BindingEvidence) -> ListedRule:
    """Read one line of a listing."""
    protocol = read_protocol(columns.protocol.removeprefix("!"), family)
    words = Words(columns.rest, protocol, family, evidence)
    goto = words.skip("[goto]")
    parts = ["-A", chain, *_header(columns, protocol, family, words)]
    parts += read_matches(words, columns.target)
    target = read_target(columns.target, words) if columns.target else []
    if words.rest:
        parts += unlisted("--unread", quoted(words.rest))
        words.lose(Loss(f"what a rule of {chain} says: {words.rest[:80]}"))
    if columns.target:
        parts += ["-g" if goto else "-j", columns.target, *target]
    text = " ".join(parts)
    return ListedRule(Rule(text, columns.packets, columns.octets), tuple(words.losses))


def _header(columns: Columns, protocol: str, family: str, words: Words) -> Iterator[str]:
    """Return addresses, interfaces, protocol and fragments, in the order of iptables-save."""
    yield from _address("-s", "--source", columns.source, family, words)
    yield from _address("-d", "--destination", columns.destination, family, words)
    if columns.inside is None or columns.outside is None:
        yield from unlisted("--interfaces")
        words.lose(_NO_INTERFACES)
    else:
        yield from _interface("-i", columns.inside)
        yield from _interface("-o", columns.outside)
    if protocol or columns.protocol.startswith("!"):
        yield from _negated(columns.protocol, "-p", protocol or "all")
    if columns.option != "--":
        yield from _negated(columns.option, "-f")


def _address(short: str, long: str, word: str, family: str, words: Words) -> Iterator[str]:
    read: ResolvedName = read_address(word.removeprefix("!"), family)
    words.lose(*read.losses)
    if read.text is None:
        yield from unlisted(*_negated(word, long, word.removeprefix("!")))
    elif read.text:
        yield from _negated(word, short, read.text)
    elif word.startswith("!"):
        yield from _negated(word, short, "::/0" if family == "ip6" else "0.0.0.0/0")


def _interface(option: str, word: str) -> Iterator[str]:
    if word not in ("any", "*"):
        yield from _negated(word, option, word.removeprefix("!"))


def _negated(word: str, *option: str) -> Iterator[str]:
    if word.startswith("!"):
        yield "!"
    yield from option


__all__ = ["TARGETS", "ListedRule", "read_listed_rule"]
