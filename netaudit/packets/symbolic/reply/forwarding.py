"""What becomes of answers by routes: of the containers that send them, of the host, and of its doubts about senders."""

from collections.abc import Mapping
from functools import cached_property

from netaudit.model.match import Field, in_ranges
from netaudit.model.ranges import Ranges
from netaudit.packets.host.container_routes import ELSEWHERE, NO_WAY, ContainerRoutes
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Doubt
from netaudit.packets.symbolic.host_sets import LOOPBACK, LOOPBACK_NET, HostSets, Translated
from netaudit.packets.symbolic.martians import not_forwarded, of_the_link, wrong_loopback, wrong_source
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ARRIVING, ReplyFields


class ReplyForwarding:
    """Routes answers, and drops those that go nowhere."""

    def __init__(self, chains: ReplyChains, known: Mapping[ContainerRoutes, Ranges]) -> None:
        self._chains, self._homes = chains, known
        self._world: HostSets = chains.world
        self._space = chains.world.space

    def by_homes(self, packets: Bounds) -> Bounds:
        """Let containers answer by the bridges that their own routes lead to: that is where the answer comes in."""
        world, space = self._world, self._space
        own = world.translated(Translated.SOURCE)  # answered on the bridge that it left by
        for home, addresses in self._homes.items():
            left = world.destined(addresses) - own
            if not packets.possible & left:
                continue
            for span, bridge in home.near:
                packets = self._moved(packets, left & space.in_ranges(Field.SADDR, (span,)), bridge)
                left -= space.in_ranges(Field.SADDR, (span,))
            packets = self._moved(packets, left, home.default)
        return packets

    def _moved(self, packets: Bounds, some: PacketSet, bridge: str | None) -> Bounds:
        """Let answers come in by a bridge; by none that there is, it is not known what becomes of them."""
        if bridge is None:
            return self.refuse(packets, some, NO_WAY)
        if bridge not in self._world.number:
            return self.doubt(packets, some, ELSEWHERE)
        moving = exactly(some - self._world.at(Field.OIF, bridge))
        if not packets & moving:
            return packets
        number = self._world.number[bridge]
        there = (packets & moving).changed(lambda one: self._space.rewrite.assign(one, Field.OIF, number))
        return packets - moving | there

    def leaving(self, packets: Bounds) -> Bounds:
        """Keep loopback's addresses inside: where a new source is answered first, it is not known whether it is."""
        world, reason = self._world, "127.0.0.0/8 does not leave the host (route_localnet)"
        if world.family == "ip6":
            return packets
        own, new = world.destined((LOOPBACK_NET["ip"],)), world.translated(Translated.SOURCE)
        inside = world.to_loopback
        stays = self._space.union(world.back_by(name) for name in inside)
        home = in_ranges(Field.DADDR, [range_ for name in inside for range_ in world.ways_out.get(name, ())])
        known = self._chains.encoders.sources.inside(home.ranges).sure
        return self.doubt(self.refuse(packets, own - stays - new, reason), own & new - known, reason)

    def believed(self, packets: Bounds) -> Bounds:
        """Drop what comes in and cannot be true."""
        world, arriving = self._world, self._arriving
        packets = self.refuse(packets, wrong_loopback(world, arriving), "127.0.0.0/8 does not come from outside")
        return self.refuse(packets, wrong_source(world, arriving), "its source is not behind this interface")

    def forwarded(self, packets: Bounds) -> Bounds:
        """Drop what the host does not forward."""
        world, arriving = self._world, self._arriving
        packets = self.refuse(packets, not_forwarded(world, arriving), "the host does not forward it")
        return self.refuse(packets, of_the_link(world, arriving), "a link-local sender is not forwarded")

    @cached_property
    def _arriving(self) -> ReplyFields:
        return ReplyFields(self._world, ARRIVING)

    def way_back(self, packets: Bounds) -> Bounds:
        """Let answers leave by the routes to who sent the first packet; another way than it came is doubtful."""
        world, space = self._world, self._space
        ways = {name: world.back_by(name) for name in world.interfaces if name}
        packets = self.refuse(packets, space.everything - space.union(ways.values()), "there is no way back")
        here = world.at(Field.IIF, "") | world.at(Field.IIF, LOOPBACK)
        same = space.union([here, *(world.at(Field.IIF, name) & way for name, way in ways.items())])
        near = space.union(self._on_link(Field.IIF, name) for name in ways)
        packets = self.refuse(packets, near - same, "it leaves by another interface than to who asked")
        chosen = space.in_ranges(Field.SADDR, world.several_ways) - here
        packets = self.doubt(packets, chosen, "it leaves by one of several interfaces")
        return self.doubt(packets, space.everything - same, "it leaves by another interface")

    @property
    def on_one_bridge(self) -> PacketSet:
        """Return the packets whose sender is on the link that they left by: they are answered without a router."""
        world = self._world
        near = self._space.union(self._on_link(Field.OIF, name) for name in self._bridges)
        return near - world.translated(Translated.SOURCE)

    @cached_property
    def _bridges(self) -> list[str]:
        return [one.name for one in self._world.known_interfaces if one.kind == "bridge"]

    def _on_link(self, side: Field, interface: str) -> PacketSet:
        """Return the packets at an interface whose sender is on its link."""
        ranges = self._world.neighbours.get(interface, ())
        return self._world.at(side, interface) & self._space.in_ranges(Field.SADDR, ranges)

    def unlike(self, packets: Bounds, some: PacketSet, reason: str) -> Bounds:
        """Drop of some packets what is not what was asked for, as long as it is not translated back."""
        world = self._world
        led, new = world.led, world.translated(Translated.SOURCE)
        perhaps = (some & new & self._chains.encoders.sources.perhaps_old) - led
        return self.doubt(self.refuse(packets, some & (led | new) - perhaps, reason), perhaps, reason)

    def doubt(self, packets: Bounds, some: PacketSet, reason: str) -> Bounds:
        """Doubt what becomes of some packets."""
        unknown = packets.possible & some
        if not unknown:
            return packets
        self._chains.doubts.append(Doubt(self._chains.decision(None, reason), unknown))
        return Bounds(packets.sure - some, packets.possible)

    def refuse(self, packets: Bounds, refused: PacketSet, reason: str) -> Bounds:
        """Drop what the kernel itself refuses."""
        self._chains.drop(self._chains.decision(None, reason), packets & exactly(refused))
        return packets - exactly(refused)
