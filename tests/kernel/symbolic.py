"""Hold sets of packets against the kernel too: what is surely in a set does what the set says, and nothing else does.

All packets of a ruleset go through it as one set; then each is looked for in what was forwarded, what the host took,
and what neither can be. Sets count no hops, and have ports: rulesets that ask for hop limits, and ICMP, are left out.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from ipaddress import ip_address
from operator import and_

from kernel.answering import Answer, comes_back
from kernel.comparing import Disagreement, Observed, Tally, probe_of
from kernel.frames import Sent
from kernel.loading import OBSERVING, Ruleset
from netaudit.model.netfilter.match import CtState, Field
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.fields import asked_fields
from netaudit.packets.symbolic.encoding.host_sets import DECISION, NEW_DADDR, NEW_DPORT, TRANSLATED, HostSets
from netaudit.packets.symbolic.pipeline import Traversal
from netaudit.packets.values.probe import PROTOCOLS

_AT_FIRST = {TRANSLATED: 0, DECISION: 0, Field.OIF: 0, Field.CT_MARK: 0, Field.CT_STATE: int(CtState.INVALID)}
_LATER = (NEW_DADDR, NEW_DPORT)
_ROOT = {Field.SKUID: 0, Field.SKGID: 0}  # who sends what the host sends here


class _ToTheAnswer(Traversal):
    """Follows connections to their answer: what stops later packets, such as a drop of all that is established, is
    not what happens to the two packets that are sent here.
    """

    def _follow_later(self) -> None:
        pass


def compare_sets(loaded: Ruleset, packets: Sequence[Sent], observed: Mapping[int, Observed], tally: Tally) -> None:
    """Compare the packets of one ruleset, and count them."""
    ported = [packet for packet in packets if packet.protocol in ("tcp", "udp")]
    for own in (False, True):
        here = [packet for packet in ported if (not packet.interface) is own]
        if here:
            _compare(loaded, here, observed, tally)


def compare_answers_in_sets(
    loaded: Ruleset, sent: Sequence[Answer], observed: Mapping[int, Observed], tally: Tally
) -> None:
    """Compare, of packets that were answered, whether the answer comes back."""
    usual = [one for one in sent if one.packet.protocol in ("tcp", "udp") and one.is_usual]
    for own in (False, True):
        here = [one for one in usual if (not one.packet.interface) is own]
        found = _traversed(loaded, [one.packet for one in here]) if here else None
        if found is None:
            continue
        world, traversal = found
        traversal.follow_answers(world.space.everything, {})
        for one in here:
            tally.answers_in_sets += 1
            possible = {name != "stopped" for name in _possible(world, traversal, one.packet)}
            back = comes_back(one, observed[one.sent.tag])
            if back not in possible:
                reason = "the set of answers says otherwise"
                said = (one.packet, sorted(possible), back, observed[one.sent.tag].arrived)
                tally.disagreements.append(
                    Disagreement(loaded.backend, one.sent, reason, said[:2], said[2:], loaded.text)
                )


def _compare(loaded: Ruleset, packets: Sequence[Sent], observed: Mapping[int, Observed], tally: Tally) -> None:
    found = _traversed(loaded, packets)
    if found is None:
        return
    world, traversal = found
    for packet in packets:
        tally.in_sets += 1
        possible, happened = _possible(world, traversal, packet), _happened(observed[packet.tag])
        if happened not in possible:
            said = (sorted(possible), happened)
            reason = "the set of packets says otherwise"
            tally.disagreements.append(Disagreement(loaded.backend, packet, reason, said[:1], said[1:], loaded.text))


def _traversed(loaded: Ruleset, packets: Sequence[Sent]) -> tuple[HostSets, Traversal] | None:
    """Lead all packets through a ruleset; None where rules ask what none of them has."""
    family = "ip" if packets[0].version == 4 else "ip6"
    world = HostSets(loaded.host, family, asked_fields(loaded.program, family))
    if Field.SMAC in world.space.widths and not packets[0].interface:
        return None  # over loopback no frame has a sender
    traversal = _ToTheAnswer(Encoders(loaded.program, world))
    begin = traversal.from_wire if packets[0].interface else traversal.from_host
    begin(world.space.union(_as_set(world, packet) for packet in packets))
    return world, traversal


def _as_set(world: HostSets, packet: Sent) -> PacketSet:
    """Return the set that holds one packet alone."""
    space, fields = world.space, probe_of(packet).packet()
    known = {field: fields.number(Field(field)) for field in space.widths if field not in {*_AT_FIRST, *_LATER}}
    known |= {field: value for field, value in {**_AT_FIRST, **_ROOT}.items() if field in space.widths}
    known[Field.IIF] = world.number[packet.interface]
    equal = (space.equal(field, value) for field, value in known.items() if value is not None)
    return reduce(and_, equal, space.everything)


def _possible(world: HostSets, traversal: Traversal, packet: Sent) -> set[str]:
    """Say what may become of a packet; it is known again by where it came from."""
    space = world.space
    mine = space.equal(Field.SPORT, packet.sport) & space.equal(Field.SADDR, int(ip_address(packet.source)))
    mine &= space.equal(Field.PROTOCOL, PROTOCOLS[packet.protocol])
    sets = {"sent": traversal.forwarded, "taken": traversal.local}
    sure = {name for name, packets in sets.items() if packets.sure & mine}
    return sure or {name for name, packets in sets.items() if packets.possible & mine} | {"stopped"}


def _happened(observed: Observed) -> str:
    last = {event.chain for _, event in observed.events if event is not None and event.table == OBSERVING}
    return "taken" if "local" in last else "sent" if observed.arrived else "stopped"
