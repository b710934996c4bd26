"""The exposure table of a host with many containers that are alike: computed of a few, and written for all."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from netaudit.model.docker import Inventory
from netaudit.model.exposure import Destination, DestinationKind, Exposure
from netaudit.model.netfilter.program import Program
from netaudit.model.ranges import contains
from netaudit.model.reason import Reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.alike.exchange import Exchange, ItemsOfRules, Standing
from netaudit.packets.exposure.alike.groups import STANDING, Member, groups
from netaudit.packets.exposure.alike.held import HeldKinds, kind_of
from netaudit.packets.exposure.alike.part import program_without, without_members
from netaudit.packets.exposure.table import ExposureTable, expose
from netaudit.packets.host.destinations import destinations
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.visibility import why_no_listeners, why_not_visible
from netaudit.packets.host.zones import ZoneChoice

_ADDRESS = re.compile(r"[0-9a-f]*[.:][0-9a-f.:]*[0-9a-f]")
Wanted = Callable[[Destination], bool]
Rows = tuple[Exposure, ...]


def expose_by_groups(
    snapshot: Snapshot,
    program: Program,
    choice: ZoneChoice | None = None,
    wanted: Wanted = lambda _: True,
) -> Rows:
    """Compute the exposure table of a host as `expose` does: of containers that are alike, once for all.

    Three of each group are asked about. Where the rows of one do not become the rows of the others by exchanging what
    is their own, or an example packet is one that others might stand for, each is asked about by itself.
    """
    chosen = choice or ZoneChoice()
    rows = expose_groups_alone(snapshot, program, chosen, wanted)
    return expose(snapshot, program, chosen, wanted) if rows is None else rows


def expose_groups_alone(
    snapshot: Snapshot, program: Program, choice: ZoneChoice, wanted: Wanted, most_rules: int | None = None
) -> Rows | None:
    """Compute the table by groups; None where each container has to be asked about by itself.

    None, too, where more rules than `most_rules` are left without the containers for which others stand.
    """
    written = _written_by_groups(snapshot, program, choice, wanted, most_rules)
    return None if written is None else tuple(chain.from_iterable(rows for _, rows in written))


def rows_by_destination(
    snapshot: Snapshot, program: Program, uplinks: tuple[str, ...] | None
) -> Mapping[Destination, Rows]:
    """Compute the table by groups, for who asks about cells; nothing where each is to be asked about by itself."""
    written = _written_by_groups(snapshot, program, ZoneChoice(uplinks=uplinks), lambda _: True, None)
    return dict(written or ())


def _written_by_groups(
    snapshot: Snapshot, program: Program, choice: ZoneChoice, wanted: Wanted, most_rules: int | None
) -> Sequence[tuple[Destination, Rows]] | None:
    if _is_one_by_one(snapshot, choice):
        return None
    inventory = with_every_endpoint(snapshot.inventory, snapshot.host)
    found = groups(snapshot, program, inventory)
    requested = destinations(snapshot.host, inventory) if found else ()
    held = HeldKinds.current()
    kind = kind_of(found, program) if held and found else ()
    known = _Groups([(those, 1 if held and kind in held else STANDING) for those in found], requested, program, wanted)
    enough = most_rules is None or known.rules_left(snapshot) <= most_rules
    rows = known.rows(snapshot, inventory, choice) if found and enough else None
    if held and rows is not None and all(map(wanted, requested)):
        held.add(kind)
    return rows


def _is_one_by_one(snapshot: Snapshot, choice: ZoneChoice) -> bool:
    """Tell whether rows are of containers as senders, or of what was not recorded: then nothing is exchanged."""
    chosen = choice.containers or choice.sources
    return bool(chosen or why_not_visible(snapshot) or why_no_listeners(snapshot))


class _Groups:
    """The groups of a host's containers, and the destinations that are asked about."""

    def __init__(
        self,
        found: Sequence[tuple[Sequence[Member], int]],
        requested: Sequence[Destination],
        program: Program,
        wanted: Wanted,
    ) -> None:
        """Take each group with the number of those that are asked about."""
        self._program, self._wanted, self._requested = program, wanted, requested
        items = ItemsOfRules(program)
        self._standing = [[Standing(one, items) for one in _chosen(members, number)] for members, number in found]
        self._first = {
            one.id: standing[0] for standing, (members, _) in zip(self._standing, found, strict=True) for one in members
        }
        self._members = {one.id: one for members, _ in found for one in members}
        self._stay = {one.member.id for standing in self._standing for one in standing}
        self._out = [one for one in self._members.values() if one.id not in self._stay]
        self._of = _by_container(requested, self._members)

    def rules_left(self, snapshot: Snapshot) -> int:
        """Count the rules of the host without those for which others stand."""
        return snapshot.ruleset.count() - sum(len(one.rules) for one in self._out)

    def rows(
        self, snapshot: Snapshot, inventory: Inventory, choice: ZoneChoice
    ) -> Sequence[tuple[Destination, Rows]] | None:
        """Compute the rows of those that stand for others and of what is like nothing, and write the others'."""
        needed = {id(self._first[name]) for name, owned in self._of.items() if any(map(self._wanted, owned))}
        standing = [those for those in self._standing if id(those[0]) in needed]
        own = {one.member.id for those in standing for one in those}
        fewer = without_members(snapshot, inventory, self._out)
        program = program_without(self._program, self._out)
        table = ExposureTable(fewer, program, choice, lambda to: to.container_id in own or self._wanted(to))
        known = {to: _rows_of(table, to) for to in table.destinations}
        if not all(self._is_own(to, rows) for to, rows in known.items()) or not self._are_alike(standing, known):
            return None
        return tuple(self._written(known))

    def _are_alike(self, standing: Sequence[Sequence[Standing]], known: Mapping[Destination, Rows]) -> bool:
        """Tell whether the rows of those that stand for others become each other's."""
        return all(
            tuple(exchange.row(row, to) for row in known[like]) == known[to]
            for first, *others in standing
            for other in others
            for exchange in (Exchange(first, other.member),)
            for like, to in zip(self._of[first.member.id], self._of[other.member.id], strict=True)
        )

    def _is_own(self, to: Destination, rows: Rows) -> bool:
        """Tell whether rows are about no container of a group but their own."""
        if to.kind is DestinationKind.FORWARDED_PORT:
            led = any(contains(to.ports, port) for one in self._out for port in one.own.ports)
            if led or to.container_id in self._members:
                return False
        own = self._members[to.container_id].own.addresses if to.container_id in self._members else ()
        named = {found for row in rows for text in _texts(row) for found in _ADDRESS.findall(text)}
        return self._addresses.isdisjoint(named.difference(own))

    @cached_property
    def _addresses(self) -> frozenset[str]:
        return frozenset(address for one in self._members.values() for address in one.own.addresses)

    def _written(self, known: Mapping[Destination, Rows]) -> Iterator[tuple[Destination, Rows]]:
        """Write the table in its order: what rules lead on comes last."""
        exchanges: dict[str, Exchange] = {}
        at: dict[str, int] = {}
        for to in self._requested:
            name = to.container_id
            place = at[name] = at.get(name, -1) + 1
            if not self._wanted(to):
                continue
            if name not in self._members or name in self._stay:
                yield to, known[to]
                continue
            first = self._first[name]
            if name not in exchanges:
                exchanges = {name: Exchange(first, self._members[name])}
            rows = known[self._of[first.member.id][place]]
            yield to, tuple(exchanges[name].row(row, to) for row in rows)
        yield from (
            (to, rows) for to, rows in known.items() if to.kind is DestinationKind.FORWARDED_PORT and self._wanted(to)
        )


def _chosen(members: Sequence[Member], number: int) -> Sequence[Member]:
    """Choose those that stand for a group: from its beginning to its end."""
    last = len(members) - 1
    return [members[at * last // max(number - 1, 1)] for at in range(number)]


def _rows_of(table: ExposureTable, to: Destination) -> Rows:
    zones = (zone for zone in table.zones(to.family) if table.answered_by(zone, to) == zone)
    return tuple(cell for zone in zones for cell in table.cells(zone, to))


def _by_container(requested: Sequence[Destination], members: Mapping[str, Member]) -> Mapping[str, list[Destination]]:
    found: dict[str, list[Destination]] = {name: [] for name in members}
    for to in requested:
        if to.container_id in found:
            found[to.container_id].append(to)
    return found


def _texts(row: Exposure) -> Iterator[str]:
    yield row.witness
    if row.reason:
        yield from _texts_of(row.reason)


def _texts_of(reason: Reason) -> Iterator[str]:
    yield from (value for _, value in reason.args)
    for one in reason.behind:
        yield from _texts_of(one)
