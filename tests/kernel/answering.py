"""Let what arrives be answered, and hold the answer's way against the kernel too: rule by rule, and as sets."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address

import msgspec

from kernel.comparing import Observed, Tally, check, is_end, last_seen, probe_of
from kernel.frames import Seen, Sent
from kernel.loading import OBSERVING, Ruleset
from kernel.world import OWN
from netaudit.model.netfilter.match import Field
from netaudit.packets.symbolic.reply.fields import UNKNOWN
from netaudit.packets.trace.pipeline import HostContext, start_of
from netaudit.packets.trace.tracer import trace_answer
from netaudit.packets.values.probe import SYN_ACK
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Trace

TAGS = 60100  # of answers
_ACK, _SYN = 16, 2
_ECHO = {8: 0, 13: 14, 128: 129}
_OWN = UNKNOWN | {Field.TCP_FLAGS}  # what only who answers knows


class Answer(msgspec.Struct, frozen=True):
    """A packet, where it arrived, and the answer that was sent from there."""

    packet: Sent
    end: End
    sent: Sent

    @property
    def is_usual(self) -> bool:
        """Tell whether it is what sets of packets take an answer for."""
        return self.packet.protocol == "udp" or self.sent.flags == SYN_ACK


def answers(packets: Sequence[Sent], traces: Mapping[int, Trace], observed: Mapping[int, Observed]) -> list[Answer]:
    """Answer what arrived, as the receiver that saw it would."""
    return [
        Answer(packet, end, _answer(packet, came, interface, TAGS + at))
        for at, packet in enumerate(packets)
        for interface, came in _came(packet, observed[packet.tag])
        for end in _end(traces[packet.tag], packet, observed[packet.tag])
    ]


def _came(packet: Sent, observed: Observed) -> Iterator[tuple[str, Seen]]:
    """Give where a packet arrived, if it did: at a neighbour, or here ("")."""
    delivered = last_seen(observed).get("local")
    if observed.arrived is not None:
        yield observed.arrived
    elif delivered is not None and _may_answer(delivered, packet):
        yield "", delivered


def _may_answer(delivered: Seen, packet: Sent) -> bool:
    """Tell whether a program can answer, as a raw socket does: what 127.0.0.1 sends to elsewhere is not routed then.

    The kernel itself answers ICMP.
    """
    if packet.protocol not in ("tcp", "udp"):
        return False
    width = 4 if packet.version == 4 else 16
    source, destination = (ip_address(one.to_bytes(width, "big")) for one in (delivered.source, delivered.destination))
    return not destination.is_loopback or source.is_loopback or str(source) in OWN


def _end(found: Trace, packet: Sent, observed: Observed) -> list[End]:
    """Find the end that a packet came to; none where there are several that it may have come to."""
    fitting = [one for one in found.ends if one.kind in {*ARRIVED, EndKind.NOBODY} and is_end(one, packet, observed)]
    return fitting if len(fitting) == 1 else []


def _answer(packet: Sent, came: Seen, interface: str, tag: int) -> Sent:
    width = 4 if packet.version == 4 else 16
    source, destination = (str(ip_address(one.to_bytes(width, "big"))) for one in (came.destination, came.source))
    icmp = packet.protocol.startswith("icmp")
    return Sent(
        tag=tag,
        source=source,
        destination=destination,
        protocol=packet.protocol,
        sport=packet.sport if icmp else came.dport,
        dport=came.sport,
        flags=SYN_ACK if packet.flags & _SYN else _ACK,
        icmp=(_ECHO[packet.icmp[0]], 0),
        interface=interface,
    )


def compare_answer(loaded: Ruleset, answer: Answer, observed: Observed, tally: Tally) -> None:
    """Compare the way of one answer, and count it."""
    known = {field: value for field, value in probe_of(answer.sent).packet().fields.items() if field in _OWN}
    ground = HostContext(loaded.program, loaded.host)
    found = trace_answer(ground, start_of(probe_of(answer.packet)), answer.end, known)
    tally.answers += 1
    tally.answer_ends.update(end.kind for end in found.ends[:1])
    check(loaded, answer.sent, found, observed, tally)


def comes_back(answer: Answer, observed: Observed) -> bool:
    """Tell whether an answer came to who asked, as who was asked."""
    asked, delivered = answer.packet, last_seen(observed).get("local")
    name, came = observed.arrived or ("", delivered)
    return came is not None and name == asked.interface and _tuple(came) == _expected(asked)


def _tuple(came: Seen) -> tuple[int, ...]:
    return (came.source, came.destination, came.sport, came.dport)


def _expected(asked: Sent) -> tuple[int, ...]:
    return (int(ip_address(asked.destination)), int(ip_address(asked.source)), asked.dport, asked.sport)


def is_answered(observed: Observed) -> bool:
    """Tell whether connection tracking saw the answer as one."""
    met = [event for _, event in observed.events if event is not None and event.table == OBSERVING]
    return any(event.chain == "replies" and event.handle is not None for event in met)
