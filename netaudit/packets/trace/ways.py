"""The jumps that one packet was led by through a table: a chain that changed nothing need not be gone through again."""

from netaudit.model.netfilter.program import ReadChain, ReadTable
from netaudit.packets.trace.branch import Branch
from netaudit.packets.values.jump_bounds import Again
from netaudit.packets.values.packet import Packet


class Ways:
    """The jumps of one way through a table that were followed: how many more may be, and which changed nothing."""

    def __init__(self, table: ReadTable) -> None:
        self._again = Again(table)
        self._unchanged: set[tuple[str, Packet]] = set()

    def affords(self, chain: ReadChain) -> bool:
        """Tell whether a chain may be gone through; the first time it always may."""
        return self._again.affords(chain, chain.size)

    def passes(self, chain: ReadChain, packet: Packet) -> bool:
        """Tell whether a packet is known to come out of a chain as it went in, and not to end there."""
        return (chain.name, packet) in self._unchanged

    def note(self, chain: ReadChain, state: Branch, fallen: list[Branch], accepted: list[Branch]) -> None:
        """Remember what a packet that went through a chain came out as."""
        if fallen == [state] and not accepted:
            self._unchanged.add((chain.name, state.packet))
