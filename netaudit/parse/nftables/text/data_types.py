"""The types of what maps give, as nft's JSON names them: it has no `typeof` there."""

from collections.abc import Mapping

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.usual_names import kinds_of

_TYPES: Mapping[tuple[str, str], str] = {
    ("ip", "saddr"): "ipv4_addr",
    ("ip", "daddr"): "ipv4_addr",
    ("ip6", "saddr"): "ipv6_addr",
    ("ip6", "daddr"): "ipv6_addr",
    ("ether", "saddr"): "ether_addr",
    ("ether", "daddr"): "ether_addr",
    ("meta", "mark"): "mark",
    ("meta", "priority"): "classid",
    ("meta", "iif"): "iface_index",
    ("meta", "oif"): "iface_index",
    ("meta", "iifname"): "ifname",
    ("meta", "oifname"): "ifname",
    ("meta", "skuid"): "uid",
    ("meta", "skgid"): "gid",
    ("ct", "mark"): "mark",
    ("ct", "zone"): "integer",
    ("ct", "helper"): "ct helper",
    ("ct", "timeout"): "ct timeout",
    ("ct", "expectation"): "ct expectation",
    ("vlan", "id"): "integer",
}


def data_type(said: Json) -> Json:
    """Return the type that `typeof` an expression stands for; what has no name here as it is."""
    match said:
        case {"typeof": {"concat": [*parts]}}:
            named = [_type(part) for part in parts]
            return named if all(named) else said
        case {"typeof": key}:
            return _type(key) or said
        case _:
            return said


def _type(key: Json) -> str:
    match key:
        case {"payload": {"protocol": group, "field": name}}:
            return _TYPES.get((group, name)) or kinds_of(key)[0]
        case {"meta": {"key": name}} | {"ct": {"key": name}}:
            return _TYPES.get((next(iter(key)), name)) or kinds_of(key)[0]
        case _:
            return kinds_of(key)[0]
