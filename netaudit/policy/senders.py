"""Who sends: the zones of a host that the subjects of an entry stand for, and the zones of everybody else."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

from netaudit.model.docker import Container
from netaudit.model.exposure import Destination, Zone, ZoneKind
from netaudit.model.netfilter.family import ADDRESS_BITS, IP_FAMILIES, Family
from netaudit.model.ranges import contains, joined, without
from netaudit.packets.exposure.table import ExposureTable
from netaudit.packets.host.zones import Senders, ZoneChoice, as_ranges
from netaudit.policy.cells import Cells
from netaudit.policy.entry import Entry, Form, Policy, Subject, SubjectKind
from netaudit.policy.subjects import Subjects, names_containers, zones_outside

_OUTSIDE = {ZoneKind.INTERNET: SubjectKind.INTERNET, ZoneKind.LAN: SubjectKind.LAN}
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
        self._subjects, self._table = subjects, table

    def of(self, subject: Subject, family: Family) -> tuple[Zone, ...]:
        """Return the zones from which a subject sends packets of a family."""
        zones = self._table.zones(family)
        if not names_containers(subject):
            return tuple(zones_outside(subject, zones))
        if subject.kind is SubjectKind.NETWORK:
            return tuple(one for one in zones if one.kind is ZoneKind.NETWORK and fnmatchcase(one.name, subject.name))
        if subject.kind is SubjectKind.ANYTHING:
            return tuple(one for one in zones if one.kind not in (ZoneKind.HOST, ZoneKind.CONTAINER) and not one.within)
        return tuple(self._of_containers(self._subjects.containers(subject), zones))

    def others(self, entry: Entry, destination: Destination, cells: Cells) -> Iterator[Zone]:
        """Yield the zones that a destination is not meant for.

        A network of which nobody gets there is left out, without a look at its members.
        """
        excepted = _excepted(entry)
        zones = self._table.zones(destination.family)
        for zone in zones:
            if zone.within or zone.kind is ZoneKind.CONTAINER:
                continue
            if zone.kind in _OUTSIDE:
                yield from _less(zone, zones, excepted)
            elif zone.kind is ZoneKind.HOST:
                if any(not self._is_one_of(excepted, one) for one in self._subjects.in_host_network):
                    yield zone
            elif cells.is_reached(zone, destination):
                yield from self._members(zone, excepted, destination, zones)

    def _members(
        self, zone: Zone, excepted: tuple[Subject, ...], destination: Destination, zones: tuple[Zone, ...]
    ) -> Iterator[Zone]:
        owner = self._subjects.owner(destination)
        members = [one for one in self._subjects.members(zone.name) if one.id != owner]
        strangers = [one for one in members if not self._is_one_of(excepted, one)]
        if strangers and len(strangers) == len(members):
            yield zone
        else:
            yield from self._of_containers(strangers, zones)

    def _of_containers(self, containers: Iterable[Container], zones: tuple[Zone, ...]) -> Iterator[Zone]:
        for one in containers:
            zone = Zone(ZoneKind.HOST) if one.network_mode == "host" else Zone(ZoneKind.CONTAINER, one.name)
            if zone in zones:
                yield zone

    def _is_one_of(self, subjects: tuple[Subject, ...], container: Container) -> bool:
        return any(
            container in self._subjects.containers(one)
            or (one.kind is SubjectKind.HOST and container.network_mode == "host")
            or (one.kind is SubjectKind.CIDR and _is_within(container, one.within))
            for one in subjects
        )


def _excepted(entry: Entry) -> tuple[Subject, ...]:
    """Return the senders that an entry leaves out of everybody."""
    return (*entry.subjects, *(one.subject for one in entry.exceptions))


def _less(zone: Zone, zones: tuple[Zone, ...], excepted: tuple[Subject, ...]) -> Iterator[Zone]:
    """Yield what is left of the Internet or a link where some of its senders are excepted."""
    kind = _OUTSIDE[zone.kind]
    if any(
        one.kind is kind and not one.within and (not one.name or fnmatchcase(zone.name, one.name)) for one in excepted
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
