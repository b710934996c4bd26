"""The encoders of a program in a world: what was asked once is remembered for all that goes through its chains."""

from functools import cached_property, lru_cache

from netaudit.model.netfilter.program import Program, ReadChain, ReadRule
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.behind_nat import EncoderBehindNat
from netaudit.packets.symbolic.encoding.host_sets import HostSets, Translated
from netaudit.packets.symbolic.encoding.matches import Encoder
from netaudit.packets.symbolic.encoding.nat import NewSources
from netaudit.packets.symbolic.encoding.rule_runs import Run, pieces
from netaudit.packets.symbolic.reply.fields import ReplyEncoder, ReplyPosition


class Encoders:
    """One encoder for each way in which rules are asked about packets."""

    def __init__(self, program: Program, world: HostSets) -> None:
        self.program, self.world = program, world
        self.answers_at = lru_cache(maxsize=None)(self._answers_at)
        self.pieces = lru_cache(maxsize=None)(self._pieces)
        self.sources = NewSources(program, world)

    def for_first(self, packets: Bounds) -> Encoder:
        """Choose the one for packets of the connection's own direction: NAT may have given some a new source."""
        behind = packets.possible & self.world.translated(Translated.SOURCE)
        return self.behind_source_nat if behind else self.plain

    @cached_property
    def plain(self) -> Encoder:
        """Return the one for first packets."""
        return Encoder(self.world)

    @cached_property
    def behind_source_nat(self) -> Encoder:
        """Return the one for first packets of which some have a new source."""
        return EncoderBehindNat(self.world, self.sources)

    def _pieces(self, chain: ReadChain, encoder: Encoder) -> tuple[Run | ReadRule, ...]:
        """Return the rules of a chain, runs of simple ones together."""
        return tuple(pieces(chain.rules, encoder))

    def _answers_at(self, place: ReplyPosition) -> Encoder:
        """Return the one for answers at a place."""
        return ReplyEncoder(self.world, self.sources, place)
