"""Answers to sets of packets that arrived, through the hooks: which of them come back to who sent the first packet.

from a wire      prerouting, routing, then input, or forward and postrouting
from here        output, postrouting; what is for this host comes back in by lo: prerouting, input
between ports    of one bridge, where sender and receiver are on it: as IP where br_netfilter shows them, else past it

A connection is known by its first packet, so no nat chain is asked, and addresses are translated back.
"""

from collections.abc import Callable

from netaudit.model.match import CtState, Field
from netaudit.model.program import Hook
from netaudit.packets.answer_chains import AnswerChains
from netaudit.packets.answer_reading import ARRIVING, AnswerReading, Place, Side, Stage
from netaudit.packets.bounds import Bounds, exactly
from netaudit.packets.chains import Chains, Doubt
from netaudit.packets.kinds import reverse_path
from netaudit.packets.packet_set import PacketSet
from netaudit.packets.probe import PROTOCOLS
from netaudit.packets.world import DECISION, LOOPBACK, LOOPBACK_NET, TRANSLATED, Translated, World

_CONNTRACK, _DESTINATION_NAT, _SOURCE_NAT = -200, -100, 100
_LINK_LOCAL = (0xFE80 << 112, (0xFEC0 << 112) - 1)
_PASSING = Place(Side.THERE, Side.ROUTED, Stage.DESTINATION)
_OWN = Place(Side.NONE, Side.ROUTED, Stage.NEITHER, own=True)
_WRITTEN = (Field.MARK, Field.CT_MARK, Field.CT_STATE, DECISION)  # what an answer has of its own


class Answers:
    """Leads answers back; `tracked` says whether connection tracking knows the packets that are answered."""

    def __init__(self, chains: Chains, *, tracked: bool) -> None:
        self._chains, self._tracked = AnswerChains(chains), tracked
        self._world: World = chains.world
        self._space = chains.world.space
        self._none = exactly(self._space.nothing)

    def to_forwarded(self, arrived: Bounds) -> Bounds:
        """Give what was forwarded, and whose answer comes back."""
        return self._kept(arrived, self._from_wire)

    def to_local(self, arrived: Bounds) -> Bounds:
        """Give what this host took, and whose answer comes back."""
        return self._kept(arrived, self._from_host)

    def _kept(self, arrived: Bounds, lead: Callable[[Bounds], Bounds]) -> Bounds:
        known = exactly(self._space.equal(Field.CT_STATE, CtState.UNTRACKED))
        mine = arrived - known if self._tracked else arrived & known
        if not mine:
            return mine
        written = tuple(field for field in _WRITTEN if field in self._space.widths)
        back = lead(mine.changed(lambda some: self._fresh(some, written)))
        return mine & back.changed(lambda some: self._space.forget(some, *written))

    def _fresh(self, packets: PacketSet, written: tuple[str, ...]) -> PacketSet:
        """Make answers of packets: without a mark, and of no connection until connection tracking sees them."""
        space = self._space
        packets = space.forget(packets, *(field for field in written if field != Field.CT_MARK))
        begin = {Field.MARK: 0, Field.CT_STATE: int(CtState.INVALID)}
        for field, value in begin.items():
            packets = packets & space.equal(field, value) if field in written else packets
        return packets

    def _from_wire(self, packets: Bounds) -> Bounds:
        """Lead in what comes from where the first packets went."""
        near, filtered = exactly(self._on_one_bridge), self._world.routing.filters_bridged()
        bridged = packets & near
        seen = self._hook(Hook.PREROUTING, packets - near if filtered is False else packets, ARRIVING)
        home, passing = self._routed(seen - near)
        forwarded = self._hook(Hook.FORWARD, passing | seen & near, _PASSING)
        forwarded = self._hook(Hook.POSTROUTING, forwarded, _PASSING)
        if filtered:
            return home | forwarded
        return home | forwarded - near | self._past_ip(bridged, forwarded & near, filtered)

    def _past_ip(self, bridged: Bounds, filtered: Bounds, known: bool | None) -> Bounds:  # noqa: FBT001 (of three)
        """Pass between two ports of a bridge, past IP's hooks, where nothing is translated back."""
        lost = self._world.translated(Translated.DESTINATION)
        past = self._refuse(bridged, lost, "it goes past the host, and is not translated back")
        return past if known is False else Bounds(past.sure & filtered.sure, past.possible | filtered.possible)

    def _from_host(self, packets: Bounds) -> Bounds:
        left = self._hook(Hook.OUTPUT, self._way_back(packets), _OWN)
        left = self._hook(Hook.POSTROUTING, left, _OWN)
        home = exactly(self._home)
        return left - home | self._looped(left & home)

    def _looped(self, packets: Bounds) -> Bounds:
        """Lead what the host answers itself in by lo: its connection is known, and it is translated back."""
        for hook in (Hook.PREROUTING, Hook.INPUT):
            packets = self._through(hook, packets, lambda _: Place(Side.LOOPBACK, Side.NONE, Stage.BOTH))
        return packets

    def _routed(self, packets: Bounds) -> tuple[Bounds, Bounds]:
        """Decide by the routes: gives what this host takes, and what it passes on."""
        world, reading = self._world, AnswerReading(self._world, ARRIVING)
        packets = self._refuse(packets, self._wrong_loopback(reading), "127.0.0.0/8 does not come from outside")
        packets = self._refuse(packets, self._wrong_source(reading), "its source is not behind this interface")
        home = exactly(self._home)
        off = [name for name in world.interfaces if name and world.routing.forwards(name) is False]
        passing = self._refuse(packets - home, self._coming_by(reading, off), "the host does not forward it")
        if world.family == "ip6":
            local = reading.addressed(Field.SADDR, (_LINK_LOCAL,))
            passing = self._refuse(passing, local, "a link-local sender is not forwarded")
        return self._hook(Hook.INPUT, packets & home, ARRIVING), self._way_back(passing)

    @property
    def _home(self) -> PacketSet:
        """Return the packets of this host itself: their answers are for it."""
        return self._space.in_ranges(Field.SADDR, self._world.ways_out[LOOPBACK])

    @property
    def _on_one_bridge(self) -> PacketSet:
        """Return the packets whose sender is on the link that they left by: they are answered without a router."""
        world = self._world
        near = self._space.union(
            world.at(Field.OIF, name) & self._space.in_ranges(Field.SADDR, world.neighbours.get(name, ()))
            for name in world.bridges
        )
        return near - world.translated(Translated.SOURCE)

    def _way_back(self, packets: Bounds) -> Bounds:
        """Let answers leave by the routes to who sent the first packet; another way than it came is doubtful."""
        world, space = self._world, self._space
        ways = {name: space.in_ranges(Field.SADDR, to) for name, to in world.ways_out.items() if name in world.number}
        packets = self._refuse(packets, space.everything - space.union(ways.values()), "there is no way back")
        here = world.at(Field.IIF, "") | world.at(Field.IIF, LOOPBACK)
        same = space.union([here, *(world.at(Field.IIF, name) & way for name, way in ways.items())])
        other = packets.possible - same
        if not other:
            return packets
        self._chains.doubts.append(Doubt(self._chains.decision(None, "it leaves by another interface"), other))
        return Bounds(packets.sure & same, packets.possible)

    def _wrong_loopback(self, reading: AnswerReading) -> PacketSet:
        world, ranges = self._world, (LOOPBACK_NET[self._world.family],)
        inside = [LOOPBACK, *(name for name in world.interfaces if name and world.routing.routes_loopback(name))]
        touched = reading.addressed(Field.SADDR, ranges) | reading.addressed(Field.DADDR, ranges)
        return touched - self._coming_by(reading, inside)

    def _wrong_source(self, reading: AnswerReading) -> PacketSet:
        world = self._world
        strict = [name for name in world.interfaces if name and world.routing.strict_source(name)]
        return self._coming_by(reading, strict) - reverse_path(world, reading)

    def _coming_by(self, reading: AnswerReading, names: list[str]) -> PacketSet:
        return self._space.union(reading.at(Field.IIF, name) for name in names if name in self._world.number)

    def _refuse(self, packets: Bounds, refused: PacketSet, reason: str) -> Bounds:
        """Drop what the kernel itself refuses."""
        self._chains.drop(self._chains.decision(None, reason), packets & exactly(refused))
        return packets - exactly(refused)

    def _hook(self, hook: Hook, packets: Bounds, place: Place) -> Bounds:
        """Lead answers through a hook, at which they are translated back by one stage."""
        after = {Hook.FORWARD: place.stage, Hook.POSTROUTING: Stage.BOTH, Hook.INPUT: Stage.BOTH}
        later = after.get(hook, Stage.DESTINATION)
        before = Stage(max(later - 1, 0)) if hook is not Hook.FORWARD else later
        priority = _DESTINATION_NAT if later is Stage.DESTINATION else _SOURCE_NAT

        def at(order: int) -> Place:
            return place._replace(stage=self._stage(packets, later if order >= priority else before))

        tracks = hook in (Hook.PREROUTING, Hook.OUTPUT)
        return self._through(hook, packets, at, tracks=tracks)

    def _stage(self, packets: Bounds, stage: Stage) -> Stage:
        """Pass over a stage that makes no difference: what it leaves open need not be asked."""
        changed = stage is Stage.NEITHER and packets.possible & self._world.translated(Translated.SOURCE)
        return stage if changed else Stage(max(stage, Stage.DESTINATION))

    def _through(self, hook: Hook, packets: Bounds, at: Callable[[int], Place], *, tracks: bool = False) -> Bounds:
        """Lead answers through the base chains of a hook, in the order of their priorities."""
        for table, chain in self._chains.program.base_chains(hook, self._world.family):
            base = chain.base
            if base is None or not packets:
                continue
            if tracks and base.priority > _CONNTRACK:
                packets, tracks = self._track(packets), False
            if base.kind != "nat":
                self._chains.place = at(base.priority)
                packets = self._chains.base(table, chain, packets, hook)
        return self._track(packets) if tracks else packets

    def _track(self, packets: Bounds) -> Bounds:
        """Let connection tracking see answers: without it nothing is translated back."""
        space = self._space
        untracked = exactly(space.equal(Field.CT_STATE, CtState.UNTRACKED))
        if self._tracked:
            changed = space.everything - space.equal(TRANSLATED, 0)
            packets = self._refuse(packets, untracked.sure & changed, "untracked, it is not translated back")
            return packets & untracked | (packets - untracked).changed(
                lambda some: space.assign(some, Field.CT_STATE, CtState.ESTABLISHED)
            )
        begins = exactly(space.equal(Field.PROTOCOL, PROTOCOLS["udp"])) - untracked
        return packets - begins | self._begun(packets & begins)

    def _begun(self, packets: Bounds) -> Bounds:
        """Let answers begin a connection of their own, which NAT rules may translate."""
        new = packets.changed(lambda some: self._space.assign(some, Field.CT_STATE, CtState.NEW))
        if not new or not self._translates:
            return new
        self._chains.doubt(self._chains.decision(None, "of no connection, it may be translated"), new.doubted())
        return new.doubted()

    @property
    def _translates(self) -> bool:
        chains = [one for table in self._chains.program.tables for one in table.chains.values()]
        return any(one.size for one in chains if one.base and one.base.kind == "nat")
