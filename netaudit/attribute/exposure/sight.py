"""What an exposure table could list of a host: where its like is never listed, a row that is absent tells nothing."""

from netaudit.attribute.attribution import AttributedExposure
from netaudit.model.exposure import Destination, DestinationKind, Exposure, Zone, ZoneKind
from netaudit.model.facts import Gap, GapReason, Source, source_of_rules
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.followed import RULES
from netaudit.packets.host.visibility import unplaced, zones_by_name

# Who can reach what does not depend on these: they say which engine it is, and with what options it runs.
_OF_THE_ENGINE = frozenset({Source.DOCKER_VERSION, Source.DOCKER_INFO, Source.DOCKERD_ARGV, Source.DAEMON_JSON})
_ALWAYS_LISTED = frozenset({ZoneKind.INTERNET, ZoneKind.HOST})
_OF_DOCKER = frozenset({ZoneKind.NETWORK, ZoneKind.CONTAINER})


def hiding(gaps: tuple[Gap, ...]) -> tuple[Gap, ...]:
    """Return the gaps behind which something could be reached, or could be reached no more."""
    return tuple(gap for gap in gaps if gap.source not in _OF_THE_ENGINE)


class Sight:
    """What the table of one snapshot lists, where it is there."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._gaps = {gap.source: gap.reason for gap in snapshot.gaps}
        inventory = snapshot.inventory
        self.knows_docker = inventory is not None and not inventory.partial
        self._placed = frozenset(IP_FAMILIES) - unplaced(snapshot).keys()
        self._by_name = zones_by_name(snapshot)
        self._bridges = frozenset(one.bridge for one in inventory.networks if one.bridge) if inventory else frozenset()

    def lists(self, cell: AttributedExposure) -> bool:
        """Tell whether a cell would be in the table, if it were there."""
        return self._lists_zone(cell.exposure.zone, cell.exposure.destination.family) and self._lists_destination(
            cell.exposure
        )

    def _lists_zone(self, zone: Zone, family: Family) -> bool:
        if zone.kind in _OF_DOCKER:
            return self.knows_docker and family in self._placed
        if zone.kind in _ALWAYS_LISTED:
            return True
        if family not in self._placed:
            return zone in self._by_name
        return bool(zone.name) and zone.name not in self._bridges

    def _lists_destination(self, one: Exposure) -> bool:
        match one.destination.kind:
            case DestinationKind.CONTAINER_PORTS:
                return self.knows_docker
            case DestinationKind.HOST_LISTENER:
                nobody_knows = one.destination.programs is None and not one.destination.container_name
                return self._seen(Source.SOCKETS) is not nobody_knows
            case DestinationKind.PUBLISHED_PORT:
                return self.knows_docker or self._lists_ports(one.destination)
            case DestinationKind.FORWARDED_PORT:
                return self._lists_forwards(one)

    def _lists_ports(self, to: Destination) -> bool:
        """Tell whether a published port of an unknown container is listed by what leads there: a rule, or a socket."""
        return to.family in self._placed and self._seen(*RULES[to.family], Source.SOCKETS)

    def _lists_forwards(self, one: Exposure) -> bool:
        """Tell whether the rules were read among which the one would stand that leads there."""
        family = one.destination.family
        if one.rule is None or self._seen(*RULES[family]):
            return self._seen(*RULES[family])
        return self._gaps.get(source_of_rules(one.rule.backend, family)) in (None, GapReason.PARTIAL)

    def _seen(self, *sources: Source) -> bool:
        return not any(source in self._gaps for source in sources)
