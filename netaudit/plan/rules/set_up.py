"""An engine writes what it wants for one object after another."""

from collections.abc import Collection, Iterable

from netaudit.attribute.signatures.placement import Occasion
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.netfilter.family import Family
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.switches import Switches
from netaudit.plan.rules.wanted import Writer

NEW = frozenset({Occasion.NETWORK, Occasion.BRIDGE})


class SetUp:
    """Writes what a writer wants with a hand; `written` is all of it."""

    def __init__(self, hand: Hand, writer: Writer, switches: Switches) -> None:
        self._hand = hand
        self._writer = writer
        self._switches = switches
        self.written: list[Wanted] = []

    def start(self) -> None:
        """Set the policies of FORWARD that older engines set when they start, and load what they need of the kernel."""
        self._switches.start()
        for one in self._writer.policies(Occasion.START):
            if self._switches.forward(Family(one.key[1])) or self._switches.drops_anyway(one.key[1]):
                self.put([one])

    def network(self, network_id: str, occasions: Collection[Occasion]) -> None:
        """Write what a network needs, and again what the engine writes with each network or bridge."""
        families = self._writer.families_of(network_id)
        for family in families:
            if self._switches.forward(family):
                self.put(one for one in self._writer.policies(Occasion.BRIDGE) if one.key[1] == family)
        if network := self._writer.network(network_id):
            self._switches.set_up(network, families)
        self.take(self._writer.cleared_with_network(network_id))
        self.put(self._writer.of_network(network_id))
        again = (one for one in self._writer.of_daemon() if one.key[1] in families)
        self.put(one for one in again if self._is_again(one, occasions))

    def put(self, wanted: Iterable[Wanted]) -> None:
        """Write objects, in order."""
        for one in wanted:
            self._hand.put(one)
            self.written.append(one)

    def take(self, wanted: Iterable[Wanted]) -> None:
        """Delete objects, but for those that engines leave behind."""
        for one in wanted:
            if not one.signature.kept:
                self._hand.take(one)

    def _is_again(self, wanted: Wanted, occasions: Collection[Occasion]) -> bool:
        """Return whether it is written on these occasions; swarm's only once there is its chain to jump to."""
        signature = wanted.signature
        if signature.placement(self._writer.version).also_with not in occasions:
            return False
        return self._hand.leads_somewhere(wanted) if signature.subject is SubjectKind.INGRESS else wanted.sure
