"""A rule as people type it -> the words that iptables-save would print of it.

iptables takes options in any order, in long form, and a protocol's options without its module's name; iptables-save
prints them one way, which is what all else here reads.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from netaudit.parse.iptables.rule import Option, parse_rule, print_rule

_SPELLED = {
    "--protocol": "-p", "--proto": "-p", "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d",
    "--in-interface": "-i", "--out-interface": "-o", "--match": "-m", "--fragment": "-f",
    "--destination-port": "--dport", "--source-port": "--sport",
}  # fmt: skip
_LONG_TARGETS = (("--jump", "-j"), ("--goto", "-g"))
_OF_PACKETS = frozenset({"-s", "-d", "-i", "-o", "-p", "-f", "-m"})
_OF_TARGETS = re.compile(r"--(?:to|to-\w+|log-|nflog-|reject-with|set-|random|persistent|save-|restore-|clamp-|queue-)")
_PORTS = frozenset({"--dport", "--sport"})
_MODULES = {
    **dict.fromkeys(("--tcp-flags", "--tcp-option", "--syn"), "tcp"),
    "--icmp-type": "icmp",
    "--icmpv6-type": "icmp6",
}
_PROTOCOLS = frozenset({"tcp", "udp", "sctp", "dccp", "udplite"})
_SYN = ("FIN,SYN,RST,ACK", "SYN")
_GLUED = re.compile(r"(?<=\s)!(?=--?[a-z])")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_INSERTED = re.compile(r"(?:(?:sudo )?\S*tables\S* (?:-t \S+ )?)-[ID] (\S+) (?:\d{1,6} )?")
_SPACES = re.compile(r"[ \t]{2,}")


def as_saved(rule: str) -> str:
    """Return a rule, with or without counters, in the words and the order of iptables-save."""
    if inserted := _INSERTED.match(rule):
        appended = f"-A {inserted[1]} "
        return inserted[0] + as_saved(appended + rule[inserted.end() :]).removeprefix(appended)
    counters, begin, body = rule.replace("--append ", "-A ", 1).partition("-A ")
    if not begin:
        return rule
    body = _GLUED.sub("! ", body.rstrip() if '"' in body else _SPACES.sub(" ", body.rstrip()))
    for long, short in _LONG_TARGETS:
        body = body.replace(f" {long} ", f" {short} ")
    read = parse_rule(f"-A {body}")
    if not read.chain:
        return rule
    behind, own = _split(read.target_options)
    matches = tuple(_with_modules([*map(_spelled, read.matches), *behind]))
    return counters + print_rule(replace(read, matches=matches, target_options=own))


def _split(options: Iterable[Option]) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Tell matches that stand behind a target from the target's own options."""
    of_packets: list[Option] = []
    own: list[Option] = []
    for option in map(_spelled, options):
        if option.name in _OF_PACKETS or (of_packets and not _OF_TARGETS.match(option.name)):
            of_packets.append(option)
        else:
            own.append(option)
    return tuple(of_packets), tuple(own)


def _spelled(option: Option) -> Option:
    """Return an option by its short name, its negation before it, and a lone address as a network."""
    name = _SPELLED.get(option.name, option.name)
    words = option.arguments
    if name in ("-s", "-d") and len(words) == 1 and _ADDRESS.fullmatch(words[0]):
        words = (f"{words[0]}/32",)
    if name == "--syn":
        name, words = "--tcp-flags", _SYN
    return replace(option, name=name, arguments=words, inner=False)


def _with_modules(options: Iterable[Option]) -> Iterator[Option]:
    """Name the module of a protocol's options, where that is left away."""
    protocol = ""
    named: set[str] = set()
    for option in options:
        if option.name == "-p":
            protocol = option.arguments[0] if option.arguments else ""
        elif option.name == "-m":
            named.update(option.arguments[:1])
        wanted = protocol if option.name in _PORTS and protocol in _PROTOCOLS else _MODULES.get(option.name, "")
        if wanted and named.isdisjoint((wanted, "multiport")):
            named.add(wanted)
            yield Option("-m", (wanted,), module=wanted)
        yield option
