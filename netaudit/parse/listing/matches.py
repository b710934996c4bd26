"""What matches print in a listing -> their options in iptables-save."""

import re

from netaudit.parse.listing.icmp import read_icmp
from netaudit.parse.listing.match_table import MATCHES
from netaudit.parse.listing.targets import TARGETS
from netaudit.parse.listing.words import Pattern, Words, quoted, unlisted

_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
_PORTS = re.compile(r"(?P<end>spt|dpt)s?:(?P<n>!?)(?P<port>\S+)")
_TCP_FLAGS = re.compile(r"flags:(?P<n>!?)(?P<mask>[\w,]+)/(?P<flags>[\w,]+)")
_TCP_OPTION = re.compile(r"option=(?P<n>!?)(?P<option>\d+)")
# A module that several options in a row share: it is named once.
_JOINED = frozenset({"conntrack", "addrtype", "iprange", "physdev", "owner", "connbytes"})


def read_matches(words: Words, target: str) -> list[str]:
    """Read all matches; what none of them prints stays in `words`."""
    parts: list[str] = []
    module = ""
    while words and not words.fits(TARGETS.get(target, ())):
        read = words.read(_PATTERNS)
        if read is None:
            break
        joined = read[:1] == ["-m"] and read[1] == module and module in _JOINED
        module = read[1] if read[:1] == ["-m"] else ""
        parts += read[2:] if joined else read
    return parts


def _transport(found: re.Match[str], words: Words) -> list[str] | None:
    """Read `tcp spt:domain dpts:1024:65535 flags:SYN,RST/SYN`."""
    protocol = found["protocol"]
    parts = ["-m", protocol]
    lost: list[str] = []
    for word in found["rest"].split():
        option = _transport_option(word, protocol, words)
        (parts if option[0] != "-m" else lost).extend(option)
    return parts + lost


def _transport_option(word: str, protocol: str, words: Words) -> list[str]:
    if ends := _PORTS.fullmatch(word):
        option = "--sport" if ends["end"] == "spt" else "--dport"
        port = words.port(ends["port"], protocol)
        negation = ["!"] if ends["n"] else []
        return unlisted(*negation, option, ends["port"]) if port is None else [*negation, option, port]
    if flags := _TCP_FLAGS.fullmatch(word):
        return [*_negation(flags), "--tcp-flags", _tcp_flags(flags["mask"]), _tcp_flags(flags["flags"])]
    option_match = _TCP_OPTION.fullmatch(word)
    return [*_negation(option_match), "--tcp-option", option_match["option"]] if option_match else []


def _negation(found: re.Match[str]) -> list[str]:
    return ["!"] if found["n"] else []


def _tcp_flags(text: str) -> str:
    """Read `0x17` or `FIN,SYN,RST,ACK`."""
    if not text.startswith("0x"):
        return ",".join(_FLAGS) if text == "ALL" else text
    bits = int(text[:10], 16)
    return ",".join(flag for at, flag in enumerate(_FLAGS) if bits >> at & 1) or "NONE"


def _multiport(found: re.Match[str], words: Words) -> list[str]:
    """Read `multiport dports http,https,1000:2000`."""
    ports = [words.port(port) for port in found["ports"].split(",")]
    option = [*_negation(found), f"--{found['which']}"]
    known = [port for port in ports if port is not None]
    if len(known) < len(ports):
        return unlisted(*option, found["ports"])
    return ["-m", "multiport", *option, ",".join(known)]


def _comment(found: re.Match[str], words: Words) -> list[str] | None:
    """Read a comment; where its text holds an end of its own, nobody can tell where it ends."""
    if words.ends_too_many_comments() or "/*" in found["text"]:
        return None
    return ["-m", "comment", "--comment", quoted(found["text"])]


def _owner(found: re.Match[str], _: Words) -> list[str] | None:
    """Read `owner UID match root`; names of other users are the host's own."""
    option = "--uid-owner" if found["which"] == "UID" else "--gid-owner"
    who = "0" if found["who"] == "root" else found["who"]
    if not re.fullmatch(r"\d+(-\d+)?", who):
        return None
    return ["-m", "owner", *_negation(found), option, who]


def _recent(found: re.Match[str], _: Words) -> list[str]:
    """Read `recent: UPDATE seconds: 60 hit_count: 4 name: ssh side: source mask: 255.255.255.255`."""
    parts = ["-m", "recent", *_negation(found), f"--{found['verb'].lower().replace('check', 'rcheck')}"]
    for option, group in (("--seconds", "seconds"), ("--hitcount", "count"), ("--name", "name"), ("--mask", "mask")):
        parts += [option, found[group]] if found[group] else []
        if option == "--hitcount" and found["ttl"]:
            parts.append("--rttl")
    return [*parts, "--rsource" if found["side"] == "source" else "--rdest"]


_PATTERNS: list[Pattern] = [
    (
        re.compile(r"(?P<protocol>tcp|udp|udplite|sctp|dccp)(?P<rest>(?: +(?:[sd]pts?:|flags:|option=)\S+)*)"),
        _transport,
    ),
    (re.compile(r"multiport (?P<which>dports|sports|ports) +(?P<n>!?)(?P<ports>\S+)"), _multiport),
    (re.compile(r"/\* (?P<text>.*?) \*/", re.DOTALL), _comment),
    (re.compile(r"(?P<n>! )?owner (?P<which>UID|GID) match (?P<who>\S+)"), _owner),
    (
        re.compile(
            r"(?P<n>! )?recent: (?P<verb>SET|CHECK|UPDATE|REMOVE)(?: seconds: (?P<seconds>\d+))?"
            r"(?: hit_count: (?P<count>\d+))?(?P<ttl> TTL-Match)? name: (?P<name>\S+) side: (?P<side>source|dest)"
            r"(?: mask: (?P<mask>\S+))?"
        ),
        _recent,
    ),
    (re.compile(r"(?:ipv6-)?icmp(?:v6|6)? ?(?P<n>!?)(?:type)? ?(?P<name>\S+)(?: code (?P<code>\d+))?"), read_icmp),
    *MATCHES,
]
