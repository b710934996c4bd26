"""Neighbour discovery of IPv6 on a bridge: who cannot be found is not reached, whatever rules say of the packets.

    -A DOCKER-ISOLATION-STAGE-1 ! -d fd00:9::/64 -i br-n9 -j DROP      Docker's, of an internal network, before 26

A member of n9 asks ff02::1:ff00:2 who fd00:9::2 is. With br_netfilter the rules see that too: it is not addressed to
the network, and is dropped. The two are on one bridge, and do not reach each other. Source: RFC 4861, section 7.2.
"""

from collections.abc import Mapping, Sequence

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.host_sets import LINK_LOCAL, TRANSLATED
from netaudit.packets.symbolic.pipeline import Traversal
from netaudit.packets.values.solicitation import ADVERTISEMENT, HOP_LIMIT, SOLICITATION, SOLICITED, has_neighbours

_ICMPV6 = 58


def undiscovered(encoders: Encoders, members: Sequence[PacketSet]) -> tuple[PacketSet, Decision]:
    """Return the packets of a bridge's members that can find no neighbour, and what stops their question.

    `members` are sets of packets that members send; of them the interface and the sender are looked at.
    """
    space = encoders.world.space
    asking = Traversal(encoders)
    questions = space.union(_question(encoders, some) for some in members)
    asking.between_ports(questions)
    others = tuple(field for field in space.widths if field not in (Field.IIF, Field.SADDR))
    able = space.rewrite.forget(asking.forwarded.possible, *others)
    unable = space.union(space.rewrite.forget(some, *others) for some in members) - able
    stopped = asking.dropped.possible & unable
    rule = asking.chains.decisions.of(stopped).rule if stopped else None
    return unable, Decision(rule, make_reason(ReasonKind.NEIGHBOUR_UNDISCOVERED))


def unheard(encoders: Encoders, message: tuple[int, int]) -> tuple[tuple[str, ...], Decision]:
    """Return the interfaces on which the host does not hear a message of neighbour discovery, and what stops it.

    Without a solicitation nobody on the link can send to the host; without an advertisement the host to nobody.
    """
    world = encoders.world
    if world.family != Family.IP6:
        return (), Decision(None)
    _, asking = _messages(encoders, message)
    silent = tuple(name for name in _links(encoders) if not asking.local.possible & world.at(Field.IIF, name))
    return silent, _stopped(asking, world.space.union(world.at(Field.IIF, name) for name in silent))


def unanswered(encoders: Encoders, neighbours: Mapping[str, Sequence[int]]) -> tuple[PacketSet, Decision]:
    """Return the packets to neighbours of whom the host hears no advertisement, and what stops it.

    `neighbours` are their addresses by link.
    """
    world, space = encoders.world, encoders.world.space
    said, asking = _messages(encoders, ADVERTISEMENT)
    others = tuple(field for field in space.widths if field not in (Field.IIF, Field.SADDR))
    deaf = space.rewrite.forget(said, *others) - space.rewrite.forget(asking.local.possible, *others)
    found = [
        (world.at(Field.IIF, link) & space.in_ranges(Field.SADDR, ((one, one),)), link, one)
        for link, addresses in (neighbours.items() if deaf else ())
        for one in (addresses if link in world.number else ())
    ]
    lost = [(some, link, one) for some, link, one in found if some & deaf]
    packets = space.union(world.at(Field.OIF, link) & world.destined(((one, one),)) for _, link, one in lost)
    return packets, _stopped(asking, space.union(some for some, _, _ in lost))


def _links(encoders: Encoders) -> list[str]:
    return [one.name for one in encoders.world.ranges.known_interfaces if has_neighbours(one)]


def _messages(encoders: Encoders, message: tuple[int, int]) -> tuple[PacketSet, Traversal]:
    """Return a message of neighbour discovery as all neighbours say it to the host, and the way of it there."""
    world, space = encoders.world, encoders.world.space
    to = space.in_ranges(Field.DADDR, (SOLICITED,)) if message == SOLICITATION else world.local
    said = space.union(
        world.at(Field.IIF, one) & space.in_ranges(Field.SADDR, (LINK_LOCAL, *world.ranges.neighbours.get(one, ())))
        for one in _links(encoders)
    )
    fields = {**_fields(message), Field.TTL: HOP_LIMIT, Field.MARK: 0, Field.SOCKET: 0, TRANSLATED: 0, Field.OIF: 0}
    for field in fields.keys() & space.widths.keys():
        said &= space.equal(field, fields[field])
    asking = Traversal(encoders)
    asking.heard(said & to)
    return said, asking


def _stopped(asking: Traversal, unable: PacketSet) -> Decision:
    """Name what stops messages."""
    stopped = asking.dropped.possible & unable
    rule = asking.chains.decisions.of(stopped).rule if stopped else None
    return Decision(rule, make_reason(ReasonKind.NEIGHBOUR_UNDISCOVERED))


def _fields(message: tuple[int, int]) -> dict[str, int]:
    return {
        Field.PROTOCOL: _ICMPV6,
        Field.CT_STATE: int(CtState.UNTRACKED),
        Field.ICMP_TYPE: message[0],
        Field.ICMP_CODE: message[1],
    }


def _question(encoders: Encoders, packets: PacketSet) -> PacketSet:
    """Make solicitations of packets: without a connection, to the addresses at which neighbours are asked for."""
    space = encoders.world.space
    fields = _fields(SOLICITATION)
    known = [field for field in fields if field in space.widths]
    asked = space.rewrite.forget(packets, Field.DADDR, Field.SPORT, Field.DPORT, *known)
    for field in known:
        asked &= space.equal(field, fields[field])
    return asked & space.in_ranges(Field.DADDR, (SOLICITED,))
