"""The encoders of a program in a world: what was asked once is remembered for all that goes through its chains."""

from functools import cached_property, lru_cache

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.program import Hook, Program, ReadChain, ReadRule
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.behind_nat import EncoderBehindNat
from netaudit.packets.symbolic.encoding.bridge_ports import hidden_past
from netaudit.packets.symbolic.encoding.host_sets import TRANSLATED, HostSets, Translated
from netaudit.packets.symbolic.encoding.later import LaterEncoder, Stage
from netaudit.packets.symbolic.encoding.matches import PLAIN, Encoder, Reading
from netaudit.packets.symbolic.encoding.nat import NewSources
from netaudit.packets.symbolic.encoding.rule_runs import Run, pieces
from netaudit.packets.symbolic.reply.fields import ReplyEncoder, ReplyPosition
from netaudit.packets.values.solicitation import SOLICITED


class Encoders:
    """One encoder for each way in which rules are asked about packets."""

    def __init__(self, program: Program, world: HostSets) -> None:
        self.program, self.world = program, world
        self.answers_at = lru_cache(maxsize=None)(self._answers_at)
        self.first_at = lru_cache(maxsize=None)(self._first_at)
        self.later_at = lru_cache(maxsize=None)(self._later_at)
        self.pieces = lru_cache(maxsize=None)(self._pieces)
        self.sources = NewSources(program, world)

    def for_first(self, packets: Bounds, hook: Hook, family: str) -> Encoder:
        """Choose the one for packets of the connection's own direction: NAT may have given some a new source.

        `family` is the table's: bridges see ports.
        """
        reading = Reading(bridge=hook) if family == Family.BRIDGE else self._reading_at(hook)
        return self.first_at(reading, behind=bool(packets.possible & self.world.translated(Translated.SOURCE)))

    def for_later(self, packets: Bounds, hook: Hook, stage: Stage) -> Encoder:
        """Choose the one for later packets of the connection's own direction at a stage of their translation."""
        known = Translated.SOURCE if stage is Stage.LED else Translated.SOURCE | Translated.DESTINATION
        changed = self.world.space.everything - self.world.space.masked(TRANSLATED, known, 0)
        if stage is Stage.RENAMED or not packets.possible & changed:
            return self.for_first(packets, hook, self.world.family)
        return self.later_at(stage, self._reading_at(hook))

    @cached_property
    def plain(self) -> Encoder:
        """Return the one for first packets."""
        return self.first_at(PLAIN, behind=False)

    def _first_at(self, reading: Reading, *, behind: bool) -> Encoder:
        return EncoderBehindNat(self.world, self.sources, reading) if behind else Encoder(self.world, reading)

    def _later_at(self, stage: Stage, reading: Reading) -> Encoder:
        return LaterEncoder(self.world, self.sources, stage, reading)

    def _reading_at(self, hook: Hook) -> Reading:
        """Say how IP's hooks read packets: at the last, of what a bridge passes no rule sees how it came."""
        return Reading(hidden=self._hidden) if hook is Hook.POSTROUTING and self._hidden else PLAIN

    @cached_property
    def _hidden(self) -> Bounds:
        """Return the first packets of which postrouting does not see how they came."""
        world = self.world
        asked = (SOLICITED,) if world.family == Family.IP6 else ()  # at which neighbours ask for each other

        def near(bridge: str) -> PacketSet:
            return world.destined(world.ranges.neighbours.get(bridge, ()) + asked) - world.led

        return hidden_past(world, world.at, near, world.led)

    def _pieces(self, chain: ReadChain, encoder: Encoder) -> tuple[Run | ReadRule, ...]:
        """Return the rules of a chain, runs of simple ones together."""
        return tuple(pieces(chain.rules, encoder))

    def _answers_at(self, place: ReplyPosition) -> Encoder:
        """Return the one for answers at a place."""
        return ReplyEncoder(self.world, self.sources, place)
