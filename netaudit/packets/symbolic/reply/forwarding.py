"""What becomes of answers by routes: of the containers that send them, of the host, and of its doubts about senders."""

from collections.abc import Mapping
from functools import partial

from netaudit.model.netfilter.match import Field, in_ranges
from netaudit.model.ranges import Ranges
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.container_routes import ON_A_LINK, ContainerRoutes
from netaudit.packets.host.route_ranges import LOOPBACK, LOOPBACK_NET
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Doubt
from netaudit.packets.symbolic.encoding.host_sets import BACK, HostSets, Translated
from netaudit.packets.symbolic.encoding.policy_routes import HERE, Asking, policy_routes
from netaudit.packets.symbolic.martians import not_forwarded, of_the_link, wrong_loopback, wrong_source
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ARRIVING, ReplyFields, ReplyPosition


class ReplyForwarding:
    """Routes answers, and drops those that go nowhere."""

    def __init__(self, chains: ReplyChains, known: Mapping[ContainerRoutes, Ranges]) -> None:
        self._chains, self._homes = chains, known
        self._world: HostSets = chains.world
        self._space = chains.world.space
        self._arriving = ReplyFields(self._world, ARRIVING)

    def by_homes(self, packets: Bounds) -> Bounds:
        """Let containers answer by the bridges that their own routes lead to: that is where the answer comes in."""
        world, space = self._world, self._space
        own = world.translated(Translated.SOURCE)  # answered on the bridge that it left by
        for home, addresses in self._homes.items():
            left = world.destined(addresses) - own
            if not packets.possible & left:
                continue
            for span, bridge in home.near:
                some = left & space.in_ranges(Field.SADDR, (span,))
                packets = self._moved(packets, some if bridge else some - _beside(world), bridge)
                left -= space.in_ranges(Field.SADDR, (span,))
            packets = self._moved(packets, left, home.default)
        return packets

    def _moved(self, packets: Bounds, some: PacketSet, bridge: str | None) -> Bounds:
        """Let answers come in by a bridge; by none that there is, it is not known what becomes of them."""
        if bridge is None:
            return self._chains.refuse(packets, some, ReasonKind.NO_WAY_BACK_OF_CONTAINER)
        if not bridge or bridge not in self._world.number:
            return self.doubt(packets, some, ReasonKind.CONTAINER_ANSWERS_ELSEWHERE)
        moving = exactly(some - self._world.at(Field.OIF, bridge))
        if not packets & moving:
            return packets
        number = self._world.number[bridge]
        there = (packets & moving).changed(lambda one: self._space.rewrite.assign(one, Field.OIF, number))
        return packets - moving | there

    def leaving(self, packets: Bounds) -> Bounds:
        """Keep loopback's addresses inside: where a new source is answered first, it is not known whether it is."""
        world, reason = self._world, ReasonKind.LOOPBACK_LEAVES
        if world.family == "ip6":
            return packets
        own, new = world.destined((LOOPBACK_NET["ip"],)), world.translated(Translated.SOURCE)
        inside = world.ranges.to_loopback
        stays = self._space.union(world.routed_back(name) for name in inside)
        home = in_ranges(Field.DADDR, [range_ for name in inside for range_ in world.ranges.ways_out.get(name, ())])
        known = self._chains.encoders.sources.inside(home.ranges).sure
        return self.doubt(self._chains.refuse(packets, own - stays - new, reason), own & new - known, reason)

    def believed(self, packets: Bounds) -> Bounds:
        """Drop what comes in and cannot be true."""
        world, arriving = self._world, self._arriving
        packets = self._chains.refuse(packets, wrong_loopback(world, arriving), ReasonKind.ANSWER_FROM_LOOPBACK)
        reason = ReasonKind.ANSWER_SOURCE_NOT_BEHIND_INTERFACE
        wrong = wrong_source(world, arriving, self._chains.encoders.answers_at(ARRIVING).bounds)
        return self.doubt(self._chains.refuse(packets, wrong.sure, reason), wrong.possible - wrong.sure, reason)

    def forwarded(self, packets: Bounds) -> Bounds:
        """Drop what the host does not forward."""
        world, arriving = self._world, self._arriving
        packets = self._chains.refuse(packets, not_forwarded(world, arriving), ReasonKind.ANSWER_NOT_FORWARDED)
        return self._chains.refuse(packets, of_the_link(world, arriving), ReasonKind.LINK_LOCAL_SENDER)

    def way_back(self, packets: Bounds, place: ReplyPosition) -> Bounds:
        """Let answers leave by the routes to who sent the first packet; another way than it came is doubtful."""
        world, space = self._world, self._space
        packets = self.chosen(packets, place)
        ways = {name: world.back_by(name) for name in world.interfaces if name}
        packets = self._chains.refuse(packets, space.everything - space.union(ways.values()), ReasonKind.NO_WAY_BACK)
        here = world.at(Field.IIF, "") | world.at(Field.IIF, LOOPBACK)
        same = space.union([here, *(world.at(Field.IIF, name) & way for name, way in ways.items())])
        near = space.union(self._on_link(Field.IIF, name) for name in ways)
        packets = self._chains.refuse(packets, near - same, ReasonKind.BACK_BY_OTHER_THAN_ASKER)
        chosen = space.in_ranges(Field.SADDR, world.ranges.several_ways) - here
        packets = self.doubt(packets, chosen, ReasonKind.BACK_BY_ONE_OF_SEVERAL)
        return self.doubt(packets, space.everything - same, ReasonKind.BACK_BY_OTHER)

    def chosen(self, packets: Bounds, place: ReplyPosition) -> Bounds:
        """Write into answers by which interface policy rules let them leave; what has no way is not answered."""
        world, space = self._world, self._space
        if not world.ranges.policy.steps:
            return packets
        reading, found, left = ReplyFields(world, place), exactly(space.nothing), packets
        asking = Asking(
            space, self._chains.encoders.answers_at(place).bounds, lambda ranges: reading.addressed(Field.DADDR, ranges)
        )
        for name, way in policy_routes(world.ranges.policy.steps, asking).items():
            number = world.number.get(name if name != HERE else LOOPBACK)
            if number is not None:
                found |= (packets & way).changed(partial(space.rewrite.assign, field=BACK, value=number))
                left -= way
        self._chains.drop(self._chains.decision(None, make_reason(ReasonKind.NO_WAY_BACK)), left)
        if not found.exact:
            self._chains.doubt(self._chains.decision(None, make_reason(ReasonKind.POLICY_UNKNOWN)), found)
        return found

    @property
    def on_one_bridge(self) -> PacketSet:
        """Return the packets whose sender is on the link that they left by: they are answered without a router."""
        world = self._world
        bridges = [one.name for one in world.ranges.known_interfaces if one.kind == "bridge"]
        near = self._space.union(self._on_link(Field.OIF, name) for name in bridges)
        return near - world.translated(Translated.SOURCE)

    def _on_link(self, side: Field, interface: str) -> PacketSet:
        """Return the packets at an interface whose sender is on its link."""
        ranges = self._world.ranges.neighbours.get(interface, ())
        return self._world.at(side, interface) & self._space.in_ranges(Field.SADDR, ranges)

    def unlike(self, packets: Bounds, some: PacketSet, reason: ReasonKind) -> Bounds:
        """Drop of some packets what is not what was asked for, as long as it is not translated back."""
        world = self._world
        led, new = world.led, world.translated(Translated.SOURCE)
        unsure = (some & new & self._chains.encoders.sources.may_be_old) - led
        return self.doubt(self._chains.refuse(packets, some & (led | new) - unsure, reason), unsure, reason)

    def doubt(self, packets: Bounds, some: PacketSet, reason: ReasonKind) -> Bounds:
        """Doubt what becomes of some packets."""
        unknown = packets.possible & some
        if not unknown:
            return packets
        self._chains.doubts.append(Doubt(self._chains.decision(None, make_reason(reason)), unknown))
        return Bounds(packets.sure - some, packets.possible)


def _beside(world: HostSets) -> PacketSet:
    """Return what left by an interface of the host's beside containers on a link: they answer it there."""
    known = world.ranges.known_interfaces
    return world.space.union(world.at(Field.OIF, one.name) for one in known if one.kind in ON_A_LINK)
