"""`ip -j route show table all` and `ip -6 -j route show table all` -> routes.

The first lists both families where the kernel has both, the second IPv6 alone: each family is read from its own.
"""

from collections.abc import Iterator
from ipaddress import ip_network

import msgspec

from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Source
from netaudit.model.host import NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.parse.reading.addresses import read_address
from netaudit.parse.reading.decode import decode_json

_DEFAULT = {"ip": "0.0.0.0/0", "ip6": "::/0"}


class _Via(msgspec.Struct):
    host: str = ""


class _Hop(msgspec.Struct):
    dev: str = ""
    gateway: str = ""
    via: _Via = msgspec.field(default_factory=_Via)  # a gateway of the other family


class _Route(_Hop):
    dst: str = ""
    type: str = "unicast"
    table: str | int = "main"
    scope: str = "global"
    prefsrc: str = ""
    metric: int = 0
    flags: list[str] = msgspec.field(default_factory=list)
    nexthops: list[_Hop] = msgspec.field(default_factory=list)
    pref: str | None = None  # IPv6 routes have one, and no others


def parse_routes(facts: Facts) -> Iterator[Route]:
    """Read the routes of all tables. Raises ParseError."""
    for source, family in ((Source.IP_ROUTE, Family.IP), (Source.IP6_ROUTE, Family.IP6)):
        data = facts.files.get(source, b"")
        if not data.strip():
            continue
        known: dict[str, str] = {}
        for raw in decode_json(data, list[_Route], source=source, expected="what `ip -j route` prints"):
            if family is Family.IP6 or not _is_ipv6(raw):
                yield _route(raw, family, source, known)


def _is_ipv6(raw: _Route) -> bool:
    return raw.pref is not None or ":" in raw.dst or ":" in raw.gateway


def _route(raw: _Route, family: Family, source: Source, known: dict[str, str]) -> Route:
    if raw.dst not in known:
        known[raw.dst] = _network(raw.dst, family, source)
    return Route(
        family=family,
        destination=known[raw.dst],
        hops=tuple(_hop(one, source) for one in raw.nexthops or [raw]),
        kind=raw.type,
        table=str(raw.table),
        scope=raw.scope,
        source=read_address(raw.prefsrc, source),
        metric=raw.metric,
        flags=tuple(raw.flags),
    )


def _hop(raw: _Hop, source: Source) -> NextHop:
    return NextHop(raw.dev, read_address(raw.gateway or raw.via.host, source))


def _network(text: str, family: Family, source: Source) -> str:
    """Read `default`, a network or a lone address."""
    if text == "default":
        return _DEFAULT[family]
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ParseError(f"not a route's destination: {error}", source=source, hint="record the host again") from error
