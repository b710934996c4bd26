"""Matches behind source NAT, as sets of packets: some have a new sender, as far as interface and rules tell which."""

from netaudit.model.netfilter.match import Field, InRanges, Masked, RouteType
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import HostSets, Translated
from netaudit.packets.symbolic.encoding.matches import PLAIN, Encoder, Reading, holds
from netaudit.packets.symbolic.encoding.nat import NewSources


class EncoderBehindNat(Encoder):
    """Encode what rules ask of first packets of which some have a new sender."""

    def __init__(self, world: HostSets, sources: NewSources, reading: Reading = PLAIN) -> None:
        super().__init__(world, reading, sources)
        self._new = sources

    def _source(self, found: PacketSet, match: InRanges | Masked) -> Bounds:
        changed = exactly(self._world.translated(Translated.SOURCE))
        return exactly(found) - changed | changed & self._of_new(found, match)

    def _of_new(self, found: PacketSet, match: InRanges | Masked) -> Bounds:
        match match:
            case InRanges(Field.SADDR | Field.CT_REPL_DADDR, ranges):
                return self._new.inside(ranges)
            case InRanges(Field.SPORT | Field.CT_REPL_DPORT) | Masked(Field.SPORT | Field.CT_REPL_DPORT) if (
                self._new.keep_ports
            ):
                return exactly(found)
            case InRanges(Field.SADDR_TYPE) | Masked(Field.SADDR_TYPE):
                return of_kind(self._world, self._new, match)
            case _:
                return self._unknown


def of_kind(world: HostSets, sources: NewSources, match: InRanges | Masked) -> Bounds:
    """Bound the packets whose new source is of a kind: an address of this host's, or of another machine."""
    mine = sources.inside(world.ranges.types.get(RouteType.LOCAL, ()))
    found = exactly(world.space.nothing)
    found |= mine if holds(match, RouteType.LOCAL) else found
    return found | (exactly(world.space.everything) - mine) if holds(match, RouteType.UNICAST) else found
