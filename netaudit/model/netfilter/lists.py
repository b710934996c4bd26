"""Lists beside the rules that iptables looks addresses up in: ipsets (ipset(8)) and the lists of `-m recent`."""

from collections.abc import Mapping

import msgspec

from netaudit.model.netfilter.match import Match


class IpSet(msgspec.Struct, frozen=True):
    """An ipset: `kind` is its type, such as `hash:ip,port`; `members` are as `ipset save` prints them, options apart.

    `excluded` are the members that are marked `nomatch`. `family` is ip, ip6 or "" for a set without addresses.
    """

    name: str
    kind: str
    family: str = "ip"
    members: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


class AddressLists(msgspec.Struct, frozen=True):
    """All lists of a host, by name; None where they were not recorded. `recent` holds addresses.

    `matches` are what sets mean for the sides of a packet that rules asked for so far: each is read once.
    """

    sets: Mapping[str, IpSet] | None = None
    recent: Mapping[str, tuple[str, ...]] | None = None
    matches: dict[tuple[str, str, str], Match] = msgspec.field(default_factory=dict)


NOT_RECORDED = AddressLists()
