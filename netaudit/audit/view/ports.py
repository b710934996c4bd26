"""Which destination ports a rule names, in iptables' words and in nft's."""

import re
from collections.abc import Iterator

import msgspec

from netaudit.model.netfilter.ruleset import Backend, Item
from netaudit.model.ranges import Range, contains
from netaudit.parse.iptables.rule import ParsedRule, parse_rule

_NFT_PORTS = re.compile(r"\b(tcp|udp|sctp|th) dport (!= )?(\{[^}]*\}|\S+)")
_NFT_VERDICT = re.compile(r"\b(accept|drop|reject|return|jump \S+|goto \S+)\b(?! with)")
_PORT_OPTIONS = frozenset({"--dport", "--dports", "--destination-port", "--destination-ports"})


class PortCondition(msgspec.Struct, frozen=True):
    """The destination ports that a rule matches: `ranges` is empty for none; `verdict` is in nft's words."""

    protocol: str = ""
    ranges: tuple[Range, ...] = ()
    verdict: str = ""
    original: bool = False  # it matches the port before translation, by conntrack

    def covers(self, protocol: str, port: int) -> bool:
        """Return whether the rule names this very port."""
        return self.protocol in (protocol, "th") and contains(self.ranges, port)


def named_ports(item: Item) -> PortCondition:
    """Read a rule."""
    return _nft(item.text) if item.backend is Backend.NFTABLES else _iptables(parse_rule(item.text))


def _iptables(rule: ParsedRule) -> PortCondition:
    protocol, ranges, original = "", [], False
    for option in rule.matches:
        if option.name in ("-p", "--protocol") and not option.negated:
            protocol = option.arguments[0] if option.arguments else ""
        elif option.name in _PORT_OPTIONS and not option.negated:
            ranges += [found for text in option.arguments for found in _ranges(text, ":")]
        original = original or option.name.startswith("--ctorig")
    return PortCondition(protocol, tuple(ranges), rule.target.lower(), original)


def _nft(text: str) -> PortCondition:
    found = _NFT_PORTS.search(text)
    verdict = _NFT_VERDICT.search(text)
    ranges = tuple(_ranges(found[3].strip("{} "), "-")) if found and not found[2] else ()
    return PortCondition(found[1] if found else "", ranges, verdict[1] if verdict else "", "ct original" in text)


def _ranges(text: str, dash: str) -> Iterator[Range]:
    for part in text.replace(" ", "").split(","):
        first, between, last = part.partition(dash)
        if first.isdecimal() and (last.isdecimal() or not between):
            yield int(first), int(last or first)
