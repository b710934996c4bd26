"""Effects, one after another -> the ruleset after each: what an engine writes, repairs, deletes and leaves behind."""

from netaudit.model.plan import Effect, EffectKind
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.set_up import NEW, SetUp
from netaudit.plan.rules.wanted import Writer


class Replay:
    """Lets effects happen to a draft; `before` and `after` write for the inventories at its two ends."""

    def __init__(self, set_up: SetUp, before: Writer, after: Writer) -> None:
        self._set_up = set_up
        self._before = before
        self._after = after
        self._present: dict[str, list[Wanted]] = {}  # what is written for a container now
        self._attached: dict[str, set[str]] = {}  # the networks that it is on now

    def apply(self, effect: Effect) -> None:
        """Let one effect happen."""
        match effect.kind:
            case EffectKind.NETWORK_ADDED:
                self._set_up.network(effect.network_id, NEW)
            case EffectKind.NETWORK_REMOVED:
                self._set_up.take(self._before.of_network(effect.network_id))
            case EffectKind.ENDPOINT_LEFT:
                self._attach(effect.container_id).discard(effect.network_id)
                self._rewrite(effect.container_id)
                if not self._after.has_members(effect.network_id):
                    self._set_up.take(self._before.of_members(effect.network_id))
            case EffectKind.ENDPOINT_JOINED:
                self._attach(effect.container_id).add(effect.network_id)
                self._rewrite(effect.container_id)
                self._set_up.put(self._after.of_members(effect.network_id))

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
        kept = {one.entry for one in present} & {one.entry for one in target}
        self._set_up.take(one for one in present if one.entry not in kept)
        self._set_up.put(one for one in target if one.entry not in kept)
        self._present[container_id] = target
