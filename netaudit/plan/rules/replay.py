"""Effects, one after another -> the ruleset after each: what an engine writes, repairs, deletes and leaves behind."""

from netaudit.attribute.signatures.placement import Occasion
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.plan import Effect, EffectKind
from netaudit.plan.rules.forwarding import Forwarding
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.wanted import Wanted, Writer


class Replay:
    """Lets effects happen to a draft; `before` and `after` write for the inventories at its two ends."""

    def __init__(self, hand: Hand, before: Writer, after: Writer, forwarding: Forwarding) -> None:
        self._hand = hand
        self._forwarding = forwarding
        self._before = before
        self._after = after
        self._present: dict[str, list[Wanted]] = {}  # what is written for a container now
        self._attached: dict[str, set[str]] = {}  # the networks that it is on now
        self.written: list[Wanted] = []

    def apply(self, effect: Effect) -> None:
        """Let one effect happen."""
        match effect.kind:
            case EffectKind.NETWORK_ADDED:
                self._add_network(effect.network_id)
            case EffectKind.NETWORK_REMOVED:
                self._take(self._before.of_network(effect.network_id))
            case EffectKind.ENDPOINT_LEFT:
                self._attach(effect.container_id).discard(effect.network_id)
                self._rewrite(effect.container_id)
                if not self._after.has_members(effect.network_id):
                    self._take(self._before.of_members(effect.network_id))
            case EffectKind.ENDPOINT_JOINED:
                self._attach(effect.container_id).add(effect.network_id)
                self._rewrite(effect.container_id)
                self._put(self._after.of_members(effect.network_id))

    def _add_network(self, network_id: str) -> None:
        own = self._after.of_network(network_id)
        families = self._after.families_of(network_id)
        for family in families:
            if self._forwarding.switch_on(family):
                self._put([one for one in self._after.policies() if one.key[1] == family])
        self._put(own)
        self._put([one for one in self._after.of_daemon() if one.key[1] in families and self._is_repaired(one)])

    def _is_repaired(self, wanted: Wanted) -> bool:
        """Return whether it is written with each network; swarm's only once there is its chain to jump to."""
        signature = wanted.signature
        if signature.placement(self._after.version).also_with is not Occasion.NETWORK:
            return False
        return self._hand.leads_somewhere(wanted) if signature.subject is SubjectKind.INGRESS else wanted.sure

    def _attach(self, container_id: str) -> set[str]:
        if container_id not in self._attached:
            self._present[container_id] = self._before.of_container(container_id)
            self._attached[container_id] = {wanted.network_id for wanted in self._present[container_id]}
            self._attached[container_id] |= self._before.networks_of(container_id)
        return self._attached[container_id]

    def _rewrite(self, container_id: str) -> None:
        """Write what a container needs on the networks that it is on now, and delete what it needs no longer."""
        attached, present = self._attached[container_id], self._present[container_id]
        shown = self._after.networks_of(container_id)
        target = [
            wanted
            for wanted in self._after.of_container(container_id)
            if wanted.network_id in attached or (attached and wanted.network_id not in shown)
        ]
        self._take([one for one in present if one not in target])
        self._put([one for one in target if one not in present])
        self._present[container_id] = target

    def _put(self, wanted: list[Wanted]) -> None:
        for one in wanted:
            self._hand.put(one)
        self.written += wanted

    def _take(self, wanted: list[Wanted]) -> None:
        for one in wanted:
            if not one.signature.kept:
                self._hand.take(one)
