"""The interfaces by which packets from beyond the host come in, and those that rules name and a host lacks."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.exposure import Delivery, Outcome, Zone, ZoneKind
from netaudit.model.host import Host
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice, origins
from netaudit.parse.iptables.rule import parse_rule, unquote

_NFT_NAMES = re.compile(r'\b[io]if(?:name)? (?:!= )?"([^"*]+)"')
# Interfaces that come and go with a tunnel, a connection or a machine.
_PASSING = re.compile(r"(tun|tap|ppp|wg|vpn|veth|vnet|tailscale|zt|docker|br-|virbr|cali|flannel|cni|lxc|podman)")


class Outside:
    """Looks up interfaces by the zones behind them."""

    def __init__(self, snapshot: Snapshot, choice: ZoneChoice) -> None:
        self._snapshot = snapshot
        self._choice = choice
        self._ways_from = cache(self._find_ways_from)

    def interfaces(self, family: str) -> tuple[str, ...]:
        """Return the uplinks of a family; all its links where it has no uplink."""
        return self._uplinks(family) or self._links(family)

    def ways_in(self, family: str, cells: Iterable[AttributedExposure]) -> tuple[str, ...]:
        """Return the interfaces by which packets reach what the cells are about; without such a cell `interfaces`."""
        shown = [cell.exposure for cell in cells]
        zones = [one.zone for one in shown if one.outcome is not Outcome.BLOCKED and one.way is not Delivery.NONE]
        return self._ways_from(family, *zones)

    def _find_ways_from(self, family: str, *zones: Zone) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for zone in zones:
            if zone.kind is ZoneKind.INTERNET:
                found |= dict.fromkeys(self._uplinks(family))
            elif zone.kind is ZoneKind.LAN:
                found[zone.name] = None
        return tuple(found) or self.interfaces(family)

    def _uplinks(self, family: str) -> tuple[str, ...]:
        return self._by_kind[family, ZoneKind.INTERNET]

    def _links(self, family: str) -> tuple[str, ...]:
        return self._by_kind[family, ZoneKind.LAN]

    @cached_property
    def _by_kind(self) -> dict[tuple[str, ZoneKind], tuple[str, ...]]:
        host, inventory = self._snapshot.host, self._snapshot.inventory
        found = {family: origins(host, inventory, family, self._choice) for family in IP_FAMILIES}
        return {
            (family, kind): tuple(dict.fromkeys(one.interface for one in known if one.zone.kind is kind))
            for family, known in found.items()
            for kind in (ZoneKind.INTERNET, ZoneKind.LAN)
        }


def no_interfaces(host: Host, item: Item) -> tuple[str, ...] | None:
    """Return the interfaces that a rule names and a host does not have; None where its interfaces are not known."""
    if not host.interfaces:
        return None
    there = {one.name for one in host.interfaces}
    named = dict.fromkeys(_named(item))
    return tuple(name for name in named if name not in there and not _PASSING.match(name))


def _named(item: Item) -> Iterator[str]:
    """Return the whole names of interfaces; `eth+` stands for several."""
    if item.backend not in IPTABLES_BACKENDS:
        yield from _NFT_NAMES.findall(item.text)
        return
    for one in parse_rule(item.text).matches:
        if one.name in ("-i", "-o") and one.arguments and not one.arguments[0].endswith("+"):
            yield unquote(one.arguments[0])
