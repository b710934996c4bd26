"""A match in nft's JSON -> the options of iptables that nft printed it for."""

from collections.abc import Callable, Mapping

from netaudit.parse.nftables.formats import Json
from netaudit.parse.reading.constants import ICMP_TYPES, ICMPV6_TYPES

# In the order in which iptables-save prints states.
_STATES = ("invalid", "new", "related", "established", "untracked")
_PER = {"second": "sec", "minute": "min", "hour": "hour", "day": "day"}
_TRANSPORT = frozenset({"tcp", "udp", "sctp", "dccp", "udplite"})
_WHOLE = {"ip": "32", "ip6": "128"}
_USUAL_BURST = 5


class NotTranslatedError(Exception):
    """An expression that no option of iptables is printed as."""


class Header:
    """What iptables-save prints first, in its own order: addresses, interfaces, protocol."""

    def __init__(self) -> None:
        self.source: list[str] = []
        self.destination: list[str] = []
        self.inside: list[str] = []
        self.outside: list[str] = []
        self.protocol: list[str] = []

    def words(self) -> list[str]:
        """Return them as words."""
        return [*self.source, *self.destination, *self.inside, *self.outside, *self.protocol]

    def need(self, protocol: str) -> None:
        """Let a match of a protocol's ports name the protocol."""
        self.protocol = self.protocol or ["-p", protocol]


def match_options(body: Mapping[str, Json], header: Header) -> list[str]:
    """Return the options behind the header; what is of the header goes there. Raises NotTranslatedError."""
    left, right, operator = body["left"], body["right"], body["op"]
    negation = ["!"] if operator == "!=" else []
    match left:
        case {"payload": {"protocol": "ip" | "ip6" as family, "field": "saddr" | "daddr" as field}}:
            return _address(family, field, right, negation, header)
        case {"meta": {"key": "iifname" | "iif"}}:
            header.inside = [*negation, "-i", _interface(right)]
        case {"meta": {"key": "oifname" | "oif"}}:
            header.outside = [*negation, "-o", _interface(right)]
        case {"meta": {"key": "l4proto"}} | {"payload": {"protocol": "ip", "field": "protocol"}}:
            header.protocol = [*negation, "-p", _plain(right)]
        case {"payload": {"protocol": protocol, "field": "sport" | "dport" as field}} if protocol in _TRANSPORT:
            header.need(protocol)
            return _ports(protocol, field, right, negation)
        case {"payload": {"protocol": "th", "field": "sport" | "dport" as field}} if header.protocol[1:] in (
            ["tcp"],
            ["udp"],
        ):
            return _ports(header.protocol[1], field, right, negation)
        case _:
            return _extension(left, right, operator, header)
    return []


def _extension(left: Json, right: Json, operator: str, header: Header) -> list[str]:
    negation = ["!"] if operator == "!=" else []
    for fits, read in _EXTENSIONS:
        if fits(left):
            return read(left, right, negation, header)
    raise NotTranslatedError


def _address(family: str, field: str, right: Json, negation: list[str], header: Header) -> list[str]:
    match right:
        case {"prefix": {"addr": address, "len": length}}:
            text = f"{address}/{length}"
        case str() if not right.startswith("@"):
            text = f"{right}/{_WHOLE[family]}"
        case {"range": [first, last]}:
            return ["-m", "iprange", *negation, f"--{'src' if field == 'saddr' else 'dst'}-range", f"{first}-{last}"]
        case _:
            raise NotTranslatedError
    if field == "saddr":
        header.source = [*negation, "-s", text]
    else:
        header.destination = [*negation, "-d", text]
    return []


def _interface(right: Json) -> str:
    if not isinstance(right, str) or right.startswith("@"):
        raise NotTranslatedError
    return f"{right[:-1]}+" if right.endswith("*") else right


def _plain(right: Json) -> str:
    if isinstance(right, dict | list | bool):
        raise NotTranslatedError
    return str(right)


def _port(right: Json) -> str:
    match right:
        case {"range": [first, last]}:
            return f"{first}:{last}"
        case int():
            return str(right)
        case _:
            raise NotTranslatedError


def _ports(protocol: str, field: str, right: Json, negation: list[str]) -> list[str]:
    match right:
        case {"set": [*ports]}:
            return ["-m", "multiport", *negation, f"--{field}s", ",".join(map(_port, ports))]
        case _:
            return ["-m", protocol, *negation, f"--{field}", _port(right)]


def _state(_left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
    names = right if isinstance(right, list) else right["set"] if isinstance(right, dict) else [right]
    if not {*names} <= {*_STATES}:
        raise NotTranslatedError
    states = ",".join(state.upper() for state in _STATES if state in names)
    return ["-m", "conntrack", *negation, "--ctstate", states]


def _status(_left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
    if right not in ("snat", "dnat"):
        raise NotTranslatedError
    return ["-m", "conntrack", *negation, "--ctstate", str(right).upper()]


def _address_type(left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
    flags = left["fib"]["flags"]
    of = [flags] if isinstance(flags, str) else flags
    kinds = right["set"] if isinstance(right, dict) else [right]
    if of not in (["saddr"], ["daddr"]):
        raise NotTranslatedError
    option = "--src-type" if of == ["saddr"] else "--dst-type"
    return ["-m", "addrtype", *negation, option, ",".join(str(kind).upper() for kind in kinds)]


def _mark(module: str) -> Callable[[Json, Json, list[str], Header], list[str]]:
    def read(left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
        mask = left["&"][1] if "&" in left else None
        if type(right) is not int:
            raise NotTranslatedError
        value = f"{right:#x}" if mask is None else f"{right:#x}/{mask:#x}"
        return ["-m", module, *negation, "--mark", value]

    return read


def _icmp(left: Json, right: Json, negation: list[str], header: Header) -> list[str]:
    six = left["payload"]["protocol"] == "icmpv6"
    names = ICMPV6_TYPES if six else ICMP_TYPES
    number = right if isinstance(right, int) else names.get(str(right))
    if number is None:
        raise NotTranslatedError
    header.need("ipv6-icmp" if six else "icmp")
    module, option = ("icmp6", "--icmpv6-type") if six else ("icmp", "--icmp-type")
    return ["-m", module, *negation, option, str(number)]


def _tcp_flags(left: Json, right: Json, negation: list[str], header: Header) -> list[str]:
    mask, wanted = _names(left["&"][1]), _names(right)
    header.need("tcp")
    return ["-m", "tcp", *negation, "--tcp-flags", mask, wanted]


def _names(value: Json) -> str:
    match value:
        case {"|": [*names]} | [*names]:
            return ",".join(str(name).upper() for name in names)
        case 0:
            return "NONE"
        case str():
            return value.upper()
        case _:
            raise NotTranslatedError


def _mac(_left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
    return ["-m", "mac", *negation, "--mac-source", _plain(right).upper()]


def _packet_type(_left: Json, right: Json, negation: list[str], _header: Header) -> list[str]:
    return ["-m", "pkttype", *negation, "--pkt-type", _plain(right).replace("host", "unicast")]


def limit_options(body: Json) -> list[str]:
    """Return the options of `limit rate 3/minute burst 5 packets`. Raises NotTranslatedError."""
    if not isinstance(body, Mapping) or body.get("inv") or "rate_unit" in body or body["per"] not in _PER:
        raise NotTranslatedError
    burst = body.get("burst", _USUAL_BURST)
    extra = ["--limit-burst", str(burst)] if burst != _USUAL_BURST else []
    return ["-m", "limit", "--limit", f"{body['rate']}/{_PER[body['per']]}", *extra]


def _is(**wanted: str) -> Callable[[Json], bool]:
    """Make the test for an expression of one word, such as `ct(key=state)`."""

    def fits(left: Json) -> bool:
        inner = left.get(wanted["kind"]) if isinstance(left, dict) else None
        return isinstance(inner, dict) and all(
            inner.get(key) == value for key, value in wanted.items() if key != "kind"
        )

    return fits


def _masked(**wanted: str) -> Callable[[Json], bool]:
    plain = _is(**wanted)
    return lambda left: plain(left["&"][0] if isinstance(left, dict) and "&" in left else left)


def _only_masked(**wanted: str) -> Callable[[Json], bool]:
    plain = _is(**wanted)
    return lambda left: isinstance(left, dict) and "&" in left and plain(left["&"][0])


_EXTENSIONS: tuple[tuple[Callable[[Json], bool], Callable[[Json, Json, list[str], Header], list[str]]], ...] = (
    (_is(kind="ct", key="state"), _state),
    (_is(kind="ct", key="status"), _status),
    (_is(kind="fib", result="type"), _address_type),
    (_masked(kind="meta", key="mark"), _mark("mark")),
    (_masked(kind="ct", key="mark"), _mark("connmark")),
    (_is(kind="payload", protocol="icmp", field="type"), _icmp),
    (_is(kind="payload", protocol="icmpv6", field="type"), _icmp),
    (_only_masked(kind="payload", protocol="tcp", field="flags"), _tcp_flags),
    (_is(kind="payload", protocol="ether", field="saddr"), _mac),
    (_is(kind="meta", key="pkttype"), _packet_type),
)
