"""The extensions of iptables (`-m …`) -> their meaning, one row of a table for each option.

Sources: iptables-extensions(8), and for what it leaves out the kernel's net/netfilter/xt_*.c.
"""

from collections.abc import Callable, Mapping, Sequence

from netaudit.model.netfilter.match import (
    ALWAYS,
    CT_DNAT,
    CT_SNAT,
    CtState,
    Field,
    Masked,
    Match,
    Named,
    Not,
    RouteType,
    all_of,
    any_of,
    equal,
    in_ranges,
)
from netaudit.parse.iptables.rule import Option
from netaudit.parse.reading.constants import CT_DIRECTIONS, PKTTYPES, PROTOCOLS, ROUTE_TYPES, TCP_FLAGS, number
from netaudit.parse.reading.values import address, mac, masked, network, span

Reader = Callable[[Sequence[str]], Match]
Extension = Callable[[Sequence[Option], str], Match]

_NO_CONNECTION = equal(Field.CT_STATE, CtState.INVALID, CtState.UNTRACKED)
_STATUS = {"snat": CT_SNAT, "dnat": CT_DNAT}
_LOOKED_UP = (RouteType.LOCAL, RouteType.ANYCAST, RouteType.UNREACHABLE)


def negated(option: Option, match: Match) -> Match:
    """Say what a `!` before an option makes of its match."""
    return Not(match) if option.negated else match


def read_address(field: Field, text: str) -> Match:
    """Match ADDRESS/LENGTH, or ADDRESS/MASK with any mask."""
    try:
        return in_ranges(field, [network(text)])
    except ValueError:
        base, _, mask = text.partition("/")
        return Masked(field, address(mask), address(base))


def read_interface(field: Field, text: str) -> Match:
    """Match a name; `+` at its end stands for anything."""
    name = text.removesuffix("+")
    if name == text:
        return Named(field, (text,))
    return Named(field, (f"{name}*",)) if name else ALWAYS


def _each(**readers: Reader) -> Extension:
    """Make the reader of an extension whose options all have to hold, each by itself."""

    def read(options: Sequence[Option], _family: str) -> Match:
        return all_of(negated(one, readers[one.name[2:].replace("-", "_")](one.arguments)) for one in options)

    return read


def _span(field: Field, last: int = 0xFFFF, separator: str = ":") -> Reader:
    return lambda words: in_ranges(field, [span(words[0], separator, last=last)])


def _ports(*fields: Field) -> Reader:
    return lambda words: any_of(in_ranges(field, map(span, words[0].split(","))) for field in fields)


def _address(field: Field) -> Reader:
    return lambda words: read_address(field, words[0])


def _address_span(field: Field) -> Reader:
    def read(words: Sequence[str]) -> Match:
        first, _, last = words[0].partition("-")
        return in_ranges(field, [(address(first), address(last or first))])

    return read


def _number(field: Field, names: Mapping[str, int]) -> Reader:
    return lambda words: equal(field, number(words[0], names))


def _mark(field: Field) -> Reader:
    def read(words: Sequence[str]) -> Match:
        value, mask = masked(words[0])
        return Masked(field, mask, value)

    return read


def _tcp_flags(words: Sequence[str]) -> Match:
    mask, wanted = (sum(TCP_FLAGS[flag.lower()] for flag in word.split(",")) for word in words)
    return Masked(Field.TCP_FLAGS, mask, wanted)


def _icmp(words: Sequence[str]) -> Match:
    kind, slash, code = words[0].partition("/")
    if kind in ("any", "255"):
        return ALWAYS
    of_code = equal(Field.ICMP_CODE, int(code)) if slash else ALWAYS
    return all_of([equal(Field.ICMP_TYPE, int(kind)), of_code])


def _states(words: Sequence[str]) -> Match:
    """Match any of a list of states; SNAT and DNAT are states of a connection, not of a packet."""
    names = words[0].lower().split(",")
    packet = equal(Field.CT_STATE, *(CtState[name.upper()] for name in names if name not in _STATUS))
    translated = [Not(Masked(Field.CT_STATUS, _STATUS[name], 0)) for name in names if name in _STATUS]
    return any_of([packet, *(all_of([Not(_NO_CONNECTION), match]) for match in translated)]) if translated else packet


_CONNECTION = _each(
    ctproto=_number(Field.CT_PROTOCOL, PROTOCOLS),
    ctdir=_number(Field.CT_DIRECTION, CT_DIRECTIONS),
    ctorigsrc=_address(Field.CT_ORIG_SADDR),
    ctorigdst=_address(Field.CT_ORIG_DADDR),
    ctreplsrc=_address(Field.CT_REPL_SADDR),
    ctrepldst=_address(Field.CT_REPL_DADDR),
    ctorigsrcport=_span(Field.CT_ORIG_SPORT),
    ctorigdstport=_span(Field.CT_ORIG_DPORT),
    ctreplsrcport=_span(Field.CT_REPL_SPORT),
    ctrepldstport=_span(Field.CT_REPL_DPORT),
)


def _conntrack(options: Sequence[Option], family: str) -> Match:
    """Join conntrack's options: a packet without a connection passes all but the state, if that is asked for."""
    states = [one for one in options if one.name == "--ctstate"]
    others = [one for one in options if one.name != "--ctstate"]
    state = all_of(negated(one, _states(one.arguments)) for one in states)
    if not others:
        return state
    rest = _CONNECTION(others, family)
    return all_of([state, any_of([_NO_CONNECTION, rest]) if states else all_of([Not(_NO_CONNECTION), rest])])


def _connmark(options: Sequence[Option], family: str) -> Match:
    return all_of([Not(_NO_CONNECTION), _each(mark=_mark(Field.CT_MARK))(options, family)])


_TYPE_FIELDS = {
    ("--src-type", ""): Field.SADDR_TYPE,
    ("--dst-type", ""): Field.DADDR_TYPE,
    ("--src-type", "--limit-iface-in"): Field.SADDR_TYPE_IIF,
    ("--dst-type", "--limit-iface-in"): Field.DADDR_TYPE_IIF,
    ("--src-type", "--limit-iface-out"): Field.SADDR_TYPE_OIF,
    ("--dst-type", "--limit-iface-out"): Field.DADDR_TYPE_OIF,
}


def _addrtype(options: Sequence[Option], family: str) -> Match:
    limit = next((one.name for one in options if one.name.startswith("--limit")), "")
    asked = [one for one in options if not one.name.startswith("--limit")]
    return all_of(negated(one, _types(_TYPE_FIELDS[one.name, limit], one.arguments[0], family)) for one in asked)


def _types(field: Field, text: str, family: str) -> Match:
    """Match types of addresses. IPv6's do not exclude each other: unicast is also what is local (xt_addrtype.c)."""
    types = [number(name, ROUTE_TYPES) for name in text.split(",")]
    if family == "ip":
        return equal(field, *types)
    looked_up = [kind for kind in types if kind in _LOOKED_UP]
    others = [kind for kind in types if kind not in _LOOKED_UP]
    unicast = Not(equal(field, RouteType.MULTICAST, RouteType.UNSPEC))
    parts: list[Match] = [unicast if kind == RouteType.UNICAST else equal(field, kind) for kind in others]
    return all_of([*parts, equal(field, *looked_up)] if looked_up else parts)


def _owner(options: Sequence[Option], _family: str) -> Match:
    """Match the owner of the socket; a packet without a socket has no owner, so that `! --uid-owner 0` holds for it."""
    fields = {"--uid-owner": Field.SKUID, "--gid-owner": Field.SKGID}
    own = equal(Field.SOCKET, 1)
    owners = {
        one: _span(fields[one.name], separator="-", last=0xFFFFFFFF)(one.arguments) if one.name in fields else ALWAYS
        for one in options
        if one.name in fields or one.name == "--socket-exists"
    }
    if len(owners) < len(options):
        raise KeyError(options)
    return all_of(negated(one, all_of([own, match])) for one, match in owners.items())


def _reverse_path(options: Sequence[Option], _family: str) -> Match:
    """Match what came the way that leads back; --loose and --accept-local ask for something else."""
    asked = {one.name for one in options}
    if not asked <= {"--invert", "--validmark"}:
        raise KeyError(options)
    return equal(Field.REVERSE_PATH, 0 if "--invert" in asked else 1)


_HAS_IN, _HAS_OUT = Named(Field.PHYSIN, ("*",)), Named(Field.PHYSOUT, ("*",))
_PHYSDEV = _each(
    physdev_in=lambda words: read_interface(Field.PHYSIN, words[0]),
    physdev_out=lambda words: read_interface(Field.PHYSOUT, words[0]),
    physdev_is_in=lambda _words: _HAS_IN,
    physdev_is_out=lambda _words: _HAS_OUT,
    physdev_is_bridged=lambda _words: _HAS_OUT,
)


def _physdev(options: Sequence[Option], family: str) -> Match:
    """Join physdev's options: what came by a bridge and leaves by none passes no `--physdev-out`, nor its negation."""
    found = _PHYSDEV(options, family)
    out = any(one.name == "--physdev-out" and one.negated for one in options)
    return all_of([found, any_of([_HAS_OUT, Not(_HAS_IN)])]) if out else found


_PORTS = {"sport": _span(Field.SPORT), "dport": _span(Field.DPORT)}

# What is not here is kept word for word.
EXTENSIONS: Mapping[str, Extension] = {
    "addrtype": _addrtype,
    "comment": lambda _options, _family: ALWAYS,
    "connmark": _connmark,
    "conntrack": _conntrack,
    "dscp": _each(dscp=_number(Field.DSCP, {})),
    "hl": _each(
        hl_eq=_number(Field.TTL, {}),
        hl_lt=lambda words: in_ranges(Field.TTL, [(0, int(words[0]) - 1)]),
        hl_gt=lambda words: in_ranges(Field.TTL, [(int(words[0]) + 1, 255)]),
    ),
    "icmp": _each(icmp_type=_icmp),
    "icmp6": _each(icmpv6_type=_icmp),
    "iprange": _each(src_range=_address_span(Field.SADDR), dst_range=_address_span(Field.DADDR)),
    "length": _each(length=_span(Field.LENGTH)),
    "mac": _each(mac_source=lambda words: equal(Field.SMAC, mac(words[0]))),
    "mark": _each(mark=_mark(Field.MARK)),
    "multiport": _each(sports=_ports(Field.SPORT), dports=_ports(Field.DPORT), ports=_ports(Field.SPORT, Field.DPORT)),
    "owner": _owner,
    "physdev": _physdev,
    "pkttype": _each(pkt_type=_number(Field.PKTTYPE, PKTTYPES)),
    "rpfilter": _reverse_path,
    "sctp": _each(**_PORTS),
    "state": _each(state=_states),
    "tcp": _each(**_PORTS, tcp_flags=_tcp_flags),
    "ttl": _each(
        ttl_eq=_number(Field.TTL, {}),
        ttl_lt=lambda words: in_ranges(Field.TTL, [(0, int(words[0]) - 1)]),
        ttl_gt=lambda words: in_ranges(Field.TTL, [(int(words[0]) + 1, 255)]),
    ),
    "udp": _each(**_PORTS),
}
