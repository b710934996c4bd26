"""The extensions of iptables that look for headers which ordinary packets do not have.

A client that asks for a service sends TCP or UDP behind the IP header itself: no routing header, no fragment, no
options. What looks for one of these never holds for such packets (ip6t_rt.c, ip6t_frag.c, ip6t_hbh.c in the kernel:
a header that is not there is no match, whatever `!` stands before its fields).
"""

from collections.abc import Callable, Mapping, Sequence

from netaudit.model.netfilter.match import ALWAYS, NEVER, Match
from netaudit.parse.iptables.rule import Option

Extension = Callable[[Sequence[Option], str], Match]
_BITS = {"hop": 128, "dst": 64, "route": 32, "frag": 16, "auth": 8, "esp": 4, "none": 2, "prot": 1, "proto": 1}
_NAMES = {"hop-by-hop": "hop", "ipv6-opts": "dst", "ipv6-route": "route", "ipv6-frag": "frag", "ah": "auth"}
_TRANSPORT = _BITS["proto"]  # all that an ordinary packet has


def _never(_options: Sequence[Option], _family: str) -> Match:
    return NEVER


def _ipv6header(options: Sequence[Option], _family: str) -> Match:
    """Compare the headers that are there with those asked for; `--soft`: others may be there (ip6t_ipv6header.c)."""
    wanted = inverted = 0
    soft = any(one.name == "--soft" for one in options)
    for option in options:
        if option.name == "--header":
            wanted = sum(_bit(name) for name in option.arguments[0].split(","))
            inverted = 0xFF if option.negated else 0
    if soft:
        holds = not (_TRANSPORT ^ wanted ^ inverted) & wanted
    else:
        holds = (wanted != _TRANSPORT) if inverted else (wanted == _TRANSPORT)
    return ALWAYS if holds else NEVER


def _bit(name: str) -> int:
    return int(name, 16) if name.startswith("0x") else _BITS[_NAMES.get(name, name)]


HEADERS: Mapping[str, Extension] = {
    **dict.fromkeys(("ah", "dst", "esp", "frag", "hbh", "ipv4options", "mh", "rt", "srh"), _never),
    "ipv6header": _ipv6header,
}
