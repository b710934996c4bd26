"""Who sends: the zones of a host that the subjects of an entry stand for, and the zones of everybody else."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import islice

from netaudit.model.docker import Container
from netaudit.model.exposure import Destination, Zone, ZoneKind
from netaudit.model.netfilter.family import ADDRESS_BITS, IP_FAMILIES, Family
from netaudit.model.ranges import contains, joined, without
from netaudit.packets.exposure.table import ExposureTable
from netaudit.packets.host.zones import Senders, ZoneChoice, as_ranges
from netaudit.policy.cells import Cells
from netaudit.policy.entry import Entry, Form, Policy, Subject, SubjectKind
from netaudit.policy.subjects import Subjects, is_called, names_containers, zones_outside

_OUTSIDE = {ZoneKind.INTERNET: SubjectKind.INTERNET, ZoneKind.LAN: SubjectKind.LAN}
_ALL_NAMED = 8  # members of a network that are asked one by one where all of them get through
_REST = "all but {}"
_OF_OTHERS = (Form.NOTHING, Form.ONLY)  # their exceptions are senders


def zones_of(policy: Policy, uplinks: tuple[str, ...] | None) -> ZoneChoice:
    """Return the zones that the entries of a policy speak of."""
    sources: dict[Senders, None] = {}
    for entry in policy.entries:
        for subject in entry.subjects:
            sources |= dict.fromkeys(_senders(subject.within, [subject]) if subject.within else ())
        for kind in (SubjectKind.INTERNET, SubjectKind.LAN) if entry.form in _OF_OTHERS else ():
            if limited := _limited(kind, _excepted(entry)):
                sources |= dict.fromkeys(_rest(limited))
    return ZoneChoice(uplinks=uplinks, containers=True, sources=tuple(sources))


class SenderZones:
    """The zones of one host, found by subject."""

    def __init__(self, subjects: Subjects, table: ExposureTable) -> None:
        self._subjects = subjects
        self._zones = {family: dict.fromkeys(table.zones(family)) for family in IP_FAMILIES}
        remembered = lru_cache(maxsize=None)
        self.of, self._strangers = remembered(self._of), remembered(self._strangers_on)
        self._apart = remembered(self._outside)
        self._networks = {
            family: [one for one in zones if one.kind is ZoneKind.NETWORK and not one.within]
            for family, zones in self._zones.items()
        }

    def around(self, subject: Subject, family: Family) -> tuple[Zone, ...]:
        """Return zones that send all that a subject sends, and may send more: of containers their networks."""
        zones = dict.fromkeys(self.of(subject, family))
        alone = [one for one in zones if one.kind is ZoneKind.CONTAINER]
        if not alone:
            return tuple(zones)
        networks = {end.network_name for one in self._subjects.containers(subject) for end in one.endpoints}
        known = (Zone(ZoneKind.NETWORK, name) for name in sorted(networks))
        return (*(one for one in zones if one not in alone), *(one for one in known if one in self._zones[family]))

    def named(self, subject: Subject) -> Iterator[Zone]:
        """Yield the networks or containers that a subject names, also those that send no packets of a family."""
        if subject.kind is SubjectKind.NETWORK:
            yield from (Zone(ZoneKind.NETWORK, name) for name in self._subjects.networks(subject))
        elif subject.kind is not SubjectKind.ANYTHING:
            yield from map(_zone_of, self._subjects.containers(subject))

    def _of(self, subject: Subject, family: Family) -> tuple[Zone, ...]:
        """Return the zones from which a subject sends packets of a family."""
        zones = self._zones[family]
        if not names_containers(subject):
            return tuple(zones_outside(subject, zones))
        if subject.kind is SubjectKind.NETWORK:
            return tuple(one for one in zones if one.kind is ZoneKind.NETWORK and is_called(one.name, subject.name))
        if subject.kind is SubjectKind.ANYTHING:
            return tuple(one for one in zones if one.kind not in (ZoneKind.HOST, ZoneKind.CONTAINER) and not one.within)
        return tuple(self._of_containers(self._subjects.containers(subject), family))

    def others(self, entry: Entry, destination: Destination, cells: Cells) -> Iterator[Zone]:
        """Yield the zones that a destination is not meant for.

        A network of which nobody gets there is left out, without a look at its members.
        """
        excepted = _excepted(entry)
        yield from self._apart(excepted, destination.family)
        for zone in self._networks[destination.family]:
            if cells.is_reached(zone, destination):
                yield from self._members(zone, excepted, destination, cells)

    def _outside(self, excepted: tuple[Subject, ...], family: Family) -> tuple[Zone, ...]:
        """Return what is no network and not excepted: the Internet and links, or the rest of them, and the host."""
        zones = self._zones[family]
        left = [
            one for zone in zones if zone.kind in _OUTSIDE and not zone.within for one in _less(zone, zones, excepted)
        ]
        own = any(not self._is_one_of(excepted, one) for one in self._subjects.in_host_network)
        return (*left, *(zone for zone in zones if own and zone.kind is ZoneKind.HOST))

    def _members(
        self, zone: Zone, excepted: tuple[Subject, ...], destination: Destination, cells: Cells
    ) -> Iterator[Zone]:
        owner = self._subjects.owner(destination)
        strangers = self._strangers(zone.name, excepted)
        if self._is_anybody(zone.name, strangers, owner):
            yield zone
            return
        found = self._of_containers((one for one in strangers if one.id != owner), destination.family)
        if len(strangers) > _ALL_NAMED and cells.is_open_to_all(zone, destination):
            some = tuple(islice(found, _ALL_NAMED))  # each gets there: a few prove it as well as a thousand
            yield from some
            if any(cells.is_reached(one, destination) for one in some):
                return
        yield from found

    def _is_anybody(self, network: str, strangers: tuple[Container, ...], owner: str) -> bool:
        """Tell whether all members of a network but the one that is asked about are strangers, and one at least is."""
        members = self._subjects.members(network)
        if len(strangers) == len(members):
            return len(members) > 1 or any(one.id != owner for one in members)
        left = len(members) - len(strangers)
        return (
            bool(strangers)
            and left == 1
            and any(one.id == owner for one in members)
            and all(one.id != owner for one in strangers)
        )

    def _strangers_on(self, network: str, excepted: tuple[Subject, ...]) -> tuple[Container, ...]:
        """Return the members of a network but for the excepted."""
        return tuple(one for one in self._subjects.members(network) if not self._is_one_of(excepted, one))

    def _of_containers(self, containers: Iterable[Container], family: Family) -> Iterator[Zone]:
        for one in containers:
            if (zone := _zone_of(one)) in self._zones[family]:
                yield zone

    def _is_one_of(self, subjects: tuple[Subject, ...], container: Container) -> bool:
        return any(
            container.id in self._subjects.ids(one)
            or (one.kind is SubjectKind.HOST and container.network_mode == "host")
            or (one.kind is SubjectKind.CIDR and _is_within(container, one.within))
            for one in subjects
        )


def _zone_of(container: Container) -> Zone:
    return Zone(ZoneKind.HOST) if container.network_mode == "host" else Zone(ZoneKind.CONTAINER, container.name)


def _excepted(entry: Entry) -> tuple[Subject, ...]:
    """Return the senders that an entry leaves out of everybody."""
    return (*entry.subjects, *(one.subject for one in entry.exceptions))


def _less(zone: Zone, zones: Iterable[Zone], excepted: tuple[Subject, ...]) -> Iterator[Zone]:
    """Yield what is left of the Internet or a link where some of its senders are excepted."""
    kind = _OUTSIDE[zone.kind]
    if any(
        one.kind is kind and not one.within and (not one.name or is_called(zone.name, one.name)) for one in excepted
    ):
        return
    limited = _limited(kind, excepted)
    rest = {one.name for one in _rest(limited)} if limited else {""}
    yield from (one for one in zones if (one.kind, one.name) == (zone.kind, zone.name) and one.within in rest)


def _limited(kind: SubjectKind, subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    """Return the subjects that are some of the senders of a kind, by their addresses."""
    return tuple(one for one in subjects if one.within and one.kind in (kind, SubjectKind.CIDR))


def _senders(name: str, subjects: Iterable[Subject]) -> Iterator[Senders]:
    for one in subjects:
        network = ip_network(one.within)
        family = Family.IP6 if network.version == 6 else Family.IP
        yield Senders(name, family, as_ranges((network,)))


def _rest(subjects: tuple[Subject, ...]) -> Iterator[Senders]:
    """Yield everybody but some, in each family."""
    name = _REST.format(", ".join(one.within for one in subjects))
    for family in IP_FAMILIES:
        taken = joined(span for one in _senders(name, subjects) if one.family == family for span in one.addresses)
        yield Senders(name, family, without(((0, (1 << ADDRESS_BITS[family]) - 1),), taken), beyond=False)


def _is_within(container: Container, cidr: str) -> bool:
    """Tell whether a container has an address of a network."""
    network = ip_network(cidr)
    family = Family.IP6 if network.version == 6 else Family.IP
    own = (end.address_of(family).partition("/")[0] for end in container.endpoints)
    return any(contains(as_ranges((network,)), int(ip_address(one))) for one in own if one)
