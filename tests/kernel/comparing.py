"""Compare what netaudit says of a packet with what the kernel did."""

from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import zip_longest

import msgspec

from kernel.frames import Seen, Sent, length, mac_number
from kernel.kernel_trace import Event
from kernel.loading import OBSERVING, Ruleset
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.reason import ReasonKind, kinds_of, make_reason
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import PacketState, Probe
from netaudit.packets.values.steps import End, EndKind, StepKind, Trace
from netaudit.report.text.reasons import describe_reason

Events = Sequence[tuple[Seen, Event | None]]
Met = tuple[str, str, str, int | None, str]


class Observed(msgspec.Struct, frozen=True):
    """What the kernel did with a packet: what its trace says, and where it came out of the host, if it did."""

    events: Events
    arrived: tuple[str, Seen] | None


class Disagreement(msgspec.Struct, frozen=True):
    """A packet that the kernel treats otherwise than netaudit says."""

    backend: str
    packet: Sent
    reason: str
    ours: tuple[object, ...]
    kernels: tuple[object, ...]
    rules: str

    @property
    def first_difference(self) -> str:
        """Name the first step that differs."""
        pairs = zip_longest(self.ours, self.kernels)
        at = next((at for at, (mine, its) in enumerate(pairs) if mine != its), 0)
        return f"{self.reason}: {self.ours[at : at + 1]} or {self.kernels[at : at + 1]}"

    def __str__(self) -> str:
        lines = [f"{self.backend}: {self.reason}: {self.packet}", "ours:", *(f"  {one}" for one in self.ours)]
        return "\n".join([*lines, "the kernel's:", *(f"  {one}" for one in self.kernels), self.rules])


class Tally(msgspec.Struct):
    """What was compared."""

    pairs: Counter[str] = msgspec.field(default_factory=Counter)  # by backend
    steps: int = 0
    later: int = 0
    in_sets: int = 0
    answers: int = 0
    answers_in_sets: int = 0
    undecided: int = 0
    ends: Counter[str] = msgspec.field(default_factory=Counter)
    answer_ends: Counter[str] = msgspec.field(default_factory=Counter)
    disagreements: list[Disagreement] = msgspec.field(default_factory=list)


def compare(loaded: Ruleset, packet: Sent, observed: Observed, tally: Tally) -> Trace:
    """Compare one packet, and count it."""
    found = trace(loaded.program, loaded.host, probe_of(packet))
    tally.pairs[loaded.backend] += 1
    tally.later += packet.state is PacketState.ESTABLISHED
    tally.undecided += not _is_decided(found)
    tally.ends.update(end.kind for end in found.ends[:1])
    check(loaded, packet, found, observed, tally)
    return found


def check(loaded: Ruleset, packet: Sent, found: Trace, observed: Observed, tally: Tally) -> None:
    """Compare a way with what happened."""
    kernels, ours = list(_kernel_steps(loaded, observed.events)), list(_our_steps(found))
    tally.steps += len(kernels)
    reason = _steps_differ(found, ours, kernels) if loaded.backend != "iptables-legacy" else ""
    reason = reason or _end_differs(found, packet, observed)
    if reason:
        ends = [(end.kind.value, describe_reason(end.reason), _tuple(end)) for end in found.ends]
        last = [event and (event.table, event.chain, one) for one, event in observed.events[-2:]]
        kernel_said = (*kernels, *last, observed.arrived)
        tally.disagreements.append(
            Disagreement(
                loaded.backend,
                packet,
                reason,
                (*ours, *ends, *map(describe_reason, found.doubts)),
                kernel_said,
                loaded.text,
            )
        )


def probe_of(packet: Sent) -> Probe:
    """Ask for a packet that was sent."""
    ported = packet.protocol in ("tcp", "udp")
    return Probe(
        source=ip_address(packet.source),
        destination=ip_address(packet.destination),
        protocol=packet.protocol,
        dport=packet.dport if ported else None,
        sport=packet.sport if ported else None,
        interface=packet.interface,
        flags=packet.flags,
        icmp=packet.icmp,
        mac=mac_number(packet),
        length=length(packet),
        ttl=61,
        dscp=packet.dscp,
        state=packet.state,
    )


def _kernel_steps(loaded: Ruleset, events: Events) -> Iterator[Met]:
    for _, event in events:
        if event is None or event.table == OBSERVING:
            continue
        place = (event.family, event.table, event.chain)
        position = None if event.handle is None else loaded.positions[*place, event.handle]
        yield (*place, position, event.verdict)


def _our_steps(found: Trace) -> Iterator[Met]:
    for step in found.steps:
        item = step.item
        if item is None or item.backend is Backend.IPTABLES_LEGACY or step.verdict == "break":
            continue  # the kernel does not trace these
        if step.kind in (StepKind.RULE, StepKind.POLICY):
            verdict = "drop" if step.verdict == "reject" else step.verdict
            yield (item.family, item.table, item.chain, item.position, verdict)


def _is_decided(found: Trace) -> bool:
    """Tell whether every step is sure: rules that only log leave no doubt, and may be met or not."""
    return not found.doubts and not found.limits and all(step.sure for step in found.steps)


def _steps_differ(found: Trace, ours: list[Met], kernels: list[Met]) -> str:
    """Compare step by step; where something is undecided, the kernel's steps are some of ours, in our order."""
    if _is_decided(found):
        return "" if ours == kernels else "other rules"
    rest = iter(ours)
    return "" if all(step in rest for step in kernels) else "other rules than those possible"


def _end_differs(found: Trace, packet: Sent, observed: Observed) -> str:
    """Compare where it goes, and as which packet."""
    return "" if any(is_end(end, packet, observed) for end in found.ends) else "another end"


def last_seen(observed: Observed) -> dict[str, Seen]:
    """Give the packet as each chain of the observer saw it last."""
    return {event.chain: one for one, event in observed.events if event is not None and event.table == OBSERVING}


def is_end(end: End, packet: Sent, observed: Observed) -> bool:
    """Tell whether a packet came to an end."""
    last = last_seen(observed)
    delivered, sent, arrived = last.get("local"), last.get("post"), observed.arrived
    match end.kind:
        case EndKind.UNKNOWN:
            return True
        case EndKind.LOCAL | EndKind.NOBODY:
            return delivered is not None and _same(end, delivered, packet)
        case EndKind.SENT:
            out = arrived is not None and _leaves_by(end, arrived[0]) and _same(end, arrived[1], packet)
            return out and delivered is None and sent is not None and _same(end, sent, packet)
        case EndKind.LOST if ReasonKind.ANSWER_NOT_EXPECTED in kinds_of(end.reason):
            came = delivered or (arrived[1] if arrived else None)
            # A connection of its own, from a port that others have too: the kernel may have found it taken.
            return came is not None and _tuple(end)[:2] == (came.source, came.destination)
        case EndKind.DROPPED | EndKind.REJECTED | EndKind.LOST:
            looped = end.packet.get(Field.IIF) == "lo"  # on loopback what is sent comes in again
            return delivered is None and arrived is None and (sent is None or looped)


def _leaves_by(end: End, interface: str) -> bool:
    return end.reason == make_reason(ReasonKind.LEFT_BY, interface=interface)


def _same(end: End, other: Seen, packet: Sent) -> bool:
    """Compare addresses and ports; what netaudit does not know may be anything."""
    theirs: tuple[int, ...] = (other.source, other.destination)
    if packet.protocol in ("tcp", "udp"):
        theirs = (*theirs, other.sport, other.dport)
    return all(mine is None or mine == its for mine, its in zip(_tuple(end), theirs, strict=False))


def _tuple(end: End) -> tuple[int | None, ...]:
    return tuple(end.packet.number(field) for field in (Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT))
