"""What the rules inside containers let in: sets of packets through each namespace, apart from the host's own.

The namespace's packets are of a space of its own, with its interfaces. Of what they let in, ports are asked for by
senders: a port is open to senders of whom some gets in.
"""

from collections.abc import Iterable
from functools import cached_property, lru_cache

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.ranges import Ranges
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.containers.namespaces import ContainerNamespace
from netaudit.packets.host.destinations import PORT_PROTOCOLS
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.fields import asked_fields
from netaudit.packets.symbolic.encoding.host_sets import DECISION, TRANSLATED, HostSets
from netaudit.packets.symbolic.pipeline import Traversal

_SYN = 2


def inside_containers(namespaces: Iterable[ContainerNamespace], family: Family) -> dict[str, "InsideSets"]:
    """Give, by container, the packets that its own rules let in."""
    return {one.container_id: InsideSets(one, family) for one in namespaces}


class InsideSets:
    """The packets that come to a container, in one family, through the rules of its namespace."""

    def __init__(self, namespace: ContainerNamespace, family: Family) -> None:
        self._namespace = namespace
        self._world = HostSets(namespace.host, family, asked_fields(namespace.program, family))
        self._space = self._world.space
        self._encoders = Encoders(namespace.program, self._world)
        self.open, self.not_closed = lru_cache(maxsize=None)(self._open), lru_cache(maxsize=None)(self._not_closed)

    def _open(self, protocol: str, senders: Ranges) -> Ranges:
        """List the ports at which some of the senders surely get in."""
        return self._ports(self._traversal.local.sure, protocol, senders)

    def _not_closed(self, protocol: str, senders: Ranges) -> Ranges:
        """List the ports at which some of the senders may get in."""
        return self._ports(self._traversal.local.possible, protocol, senders)

    def deciding(self, protocol: str, port: int) -> Decision:
        """Name what stops, or may stop, packets to a port."""
        asked = self._asked(protocol) & self._space.equal(Field.DPORT, port)
        dropped = self._traversal.dropped.possible & asked
        found = self._traversal.chains.decisions.of(dropped) if dropped else Decision(None)
        behind = [found.reason] if found.reason else []
        reason = make_reason(ReasonKind.INSIDE_CONTAINER, *behind, container=self._namespace.name)
        return Decision(found.rule.inside(self._namespace.name) if found.rule else None, reason)

    def _ports(self, packets: PacketSet, protocol: str, senders: Ranges) -> Ranges:
        some = packets & self._asked(protocol) & self._space.in_ranges(Field.SADDR, senders)
        return self._space.values.ranges(some, Field.DPORT) if some else ()

    def _asked(self, protocol: str) -> PacketSet:
        return self._space.equal(Field.PROTOCOL, PORT_PROTOCOLS[protocol])

    @cached_property
    def _traversal(self) -> Traversal:
        """Lead in all that may come by the container's interfaces, and its answers out."""
        traversal = Traversal(self._encoders)
        traversal.from_wire(self._sent())
        traversal.follow_answers(self._space.nothing, {})
        return traversal

    def _sent(self) -> PacketSet:
        space, world = self._space, self._world
        links = [one for one in self._namespace.host.interfaces if one.name != "lo"]
        packets = space.union(
            world.at(Field.IIF, one.name)
            & space.in_ranges(Field.DADDR, tuple((int(ip), int(ip)) for ip in world.routing.addresses(one)))
            for one in links
        )
        constants = {
            TRANSLATED: 0, Field.OIF: 0, DECISION: 0, Field.CT_STATE: int(CtState.INVALID), Field.MARK: 0,
            Field.CT_MARK: 0, Field.SOCKET: 0,
        }  # fmt: skip
        for field, value in constants.items():
            packets = packets & space.equal(field, value) if field in space.widths else packets
        if Field.TCP_FLAGS in space.widths:
            tcp = space.equal(Field.PROTOCOL, PORT_PROTOCOLS["tcp"])
            packets = packets - tcp | packets & tcp & space.equal(Field.TCP_FLAGS, _SYN)
        return packets
