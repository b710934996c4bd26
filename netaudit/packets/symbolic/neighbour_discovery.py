"""Neighbour discovery of IPv6 on a bridge: who cannot be found is not reached, whatever rules say of the packets.

    -A DOCKER-ISOLATION-STAGE-1 ! -d fd00:9::/64 -i br-n9 -j DROP      Docker's, of an internal network, before 26

A member of n9 asks ff02::1:ff00:2 who fd00:9::2 is. With br_netfilter the rules see that too: it is not addressed to
the network, and is dropped. The two are on one bridge, and do not reach each other. Source: RFC 4861, section 7.2.
"""

from collections.abc import Sequence

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.pipeline import Traversal
from netaudit.packets.values.solicitation import SOLICITATION, SOLICITED

_ICMPV6 = 58


def undiscovered(encoders: Encoders, members: Sequence[PacketSet]) -> tuple[PacketSet, Decision]:
    """Return the packets of a bridge's members that can find no neighbour, and what stops their question.

    `members` are sets of packets that members send; of them the interface and the sender are looked at.
    """
    space = encoders.world.space
    asking = Traversal(encoders)
    asking.between_ports(space.union(_question(encoders, some) for some in members))
    others = tuple(field for field in space.widths if field not in (Field.IIF, Field.SADDR))
    able = space.rewrite.forget(asking.forwarded.possible, *others)
    unable = space.union(space.rewrite.forget(some, *others) for some in members) - able
    stopped = asking.dropped.possible & unable
    rule = asking.chains.decisions.of(stopped).rule if stopped else None
    return unable, Decision(rule, make_reason(ReasonKind.NEIGHBOUR_UNDISCOVERED))


def _question(encoders: Encoders, packets: PacketSet) -> PacketSet:
    """Make solicitations of packets: of no connection, to the addresses at which neighbours are asked for."""
    space = encoders.world.space
    fields = {
        Field.PROTOCOL: _ICMPV6,
        Field.CT_STATE: int(CtState.UNTRACKED),
        Field.ICMP_TYPE: SOLICITATION[0],
        Field.ICMP_CODE: SOLICITATION[1],
    }
    known = [field for field in fields if field in space.widths]
    asked = space.rewrite.forget(packets, Field.DADDR, Field.SPORT, Field.DPORT, *known)
    for field in known:
        asked &= space.equal(field, fields[field])
    return asked & space.in_ranges(Field.DADDR, (SOLICITED,))
