"""What a trace is made of: steps, and the ends that a packet may come to."""

from enum import StrEnum

import msgspec

from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason
from netaudit.packets.values.packet import Packet, Value


class StepKind(StrEnum):
    """What happens in a step."""

    RULE = "rule"  # a rule whose matches hold, or may hold
    POLICY = "policy"  # a base chain came to its end
    CONNECTION = "connection"  # connection tracking
    NAT = "nat"  # addresses are translated as the connection's first packet was
    ROUTE = "route"  # where to: to this host, through it, out of it, nowhere
    LINK = "link"  # on a wire, through a bridge


class Change(msgspec.Struct, frozen=True):
    """A field that a step sets."""

    field: Field
    before: Value
    after: Value


class Step(msgspec.Struct, frozen=True):
    """One step; `sure` is false where an earlier or this decision is doubtful, and `reason` says why this one is.

    `verdict` is a word of nft(8), `detail` says what happens where no rule does. `item` is the rule or policy.
    """

    kind: StepKind
    hook: Hook | None
    verdict: str
    detail: Reason | None = None
    item: Item | None = None
    changes: tuple[Change, ...] = ()
    sure: bool = True
    reason: Reason | None = None


class EndKind(StrEnum):
    """How it ends."""

    LOCAL = "local"  # a program of this host takes it
    SENT = "sent"  # it leaves by an interface
    NOBODY = "nobody"  # it reaches this host, and nothing listens
    DROPPED = "dropped"
    REJECTED = "rejected"
    LOST = "lost"  # routing has no way, or does not want it
    UNKNOWN = "unknown"  # it is not known what becomes of it from here


_TCP = 6
ARRIVED = frozenset({EndKind.LOCAL, EndKind.SENT})


class End(msgspec.Struct, frozen=True):
    """An end that the packet comes to, or may come to where it is not `sure`; `item` is what decides it."""

    kind: EndKind
    packet: Packet
    reason: Reason | None = None
    item: Item | None = None
    sure: bool = True


class Trace(msgspec.Struct, frozen=True):
    """A packet's way: the steps in order, and every end that is possible. `doubts` say why there are several.

    `limits` are the rules that take some such packets and not others, by rate, count, chance or the time.
    `answers` are the ways of the answers to a connection's first packet, one for each end at which it arrives. `later`
    are the ways of a later packet of the connection, where that does not surely arrive as the first one did.
    """

    packet: Packet
    steps: tuple[Step, ...]
    ends: tuple[End, ...]
    doubts: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    answers: "tuple[Trace, ...]" = ()
    later: "tuple[Trace, ...]" = ()
    limits: tuple[Item, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Sum the ends up: the rules let it arrive and be answered, or not, or that cannot be decided.

        What arrives or not by chance alone is allowed: `limited_by` names the rules. Where nothing else
        may become of it, nobody listens. A connection of TCP whose later packets are stopped brings nobody anything.
        """
        outcome = self._of_first
        if outcome is not Outcome.ALLOWED or not self.later or self.packet.get(Field.PROTOCOL) != _TCP:
            return outcome
        return Outcome.BLOCKED if all(one.outcome is Outcome.BLOCKED for one in self.later) else Outcome.MAY

    @property
    def _of_first(self) -> Outcome:
        kinds = {end.kind for end in self.ends}
        if EndKind.UNKNOWN in kinds:
            return Outcome.MAY
        if kinds == {EndKind.NOBODY}:
            return Outcome.NOBODY
        found = {Outcome.BLOCKED for kind in kinds if kind not in ARRIVED}
        if self.answers:
            found |= {answer.outcome for answer in self.answers}
        elif self.arrives:
            found.add(Outcome.ALLOWED)
        by_chance = bool(self.limits) and not self.doubts and Outcome.MAY not in found
        return found.pop() if len(found) == 1 else Outcome.ALLOWED if by_chance else Outcome.MAY

    @property
    def limited_by(self) -> tuple[Item, ...]:
        """Return the rules that let some such packets through and others not; none where all arrive, or no one."""
        if self.outcome is not Outcome.ALLOWED:
            return ()
        stopped = any(end.kind not in ARRIVED for end in self.ends)
        mine = self.limits if stopped or any(one.outcome is Outcome.BLOCKED for one in self.answers) else ()
        return tuple(dict.fromkeys((*mine, *(item for one in self.answers for item in one.limited_by))))

    @property
    def arrives(self) -> bool:
        """Tell whether it may arrive, whatever becomes of an answer."""
        return any(end.kind in ARRIVED for end in self.ends)


class HopKind(StrEnum):
    """What a packet passes."""

    SENDER = "sender"
    PORT = "port"  # the host's end of a veth pair, a port of a bridge
    BRIDGE = "bridge"
    LINK = "link"  # an interface of the host
    HOST = "host"
    RECEIVER = "receiver"


class Hop(msgspec.Struct, frozen=True):
    """One place on the way; `name` says so where it is one of several, and which is not known."""

    kind: HopKind
    name: str
    address: str = ""
    mac: str = ""
    detail: Reason | None = None
