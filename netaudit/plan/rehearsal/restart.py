"""A daemon stops and another one starts: what it deletes first, and writes then."""

from collections.abc import Iterator

from netaudit.attribute.signatures.placement import Occasion
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.plan.rules.draft import Draft
from netaudit.plan.rules.set_up import NEW, SetUp
from netaudit.plan.rules.wanted import Wanted, Writer

_TABLE = "docker-bridges"
_SET_UP_AGAIN = frozenset({Occasion.BRIDGE})


class Restart:
    """Restarts a daemon on a draft: `old` writes for the one that stops, `new` for the one that starts."""

    def __init__(self, draft: Draft, set_up: SetUp, old: Writer, new: Writer) -> None:
        self._draft = draft
        self._set_up = set_up
        self._old = old
        self._new = new

    def run(self, before: Inventory, after: Inventory) -> None:
        """Stop the old daemon and start the new one."""
        if before.options.live_restore is not True:
            for container in before.containers:
                self._set_up.take(self._old.of_container(container.id))
        self._clean()
        self._set_up.put(one for one in self._new.of_daemon() if self._is_written_at_start(one))
        runs_on = before.options.live_restore is True and any(_started(after))
        for network in _in_order(after):
            if network.default and not runs_on:
                self._set_up.take(self._new.of_network(network.id))
                self._set_up.network(network.id, NEW)
            else:
                self._set_up.network(network.id, _SET_UP_AGAIN)
        for container in _started(after):
            self._set_up.take(self._new.cleared_with_container(container.id))
            self._set_up.put(self._new.of_container(container.id))

    def _is_written_at_start(self, wanted: Wanted) -> bool:
        return wanted.signature.placement(self._new.version).also_with is None

    def _clean(self) -> None:
        """Delete what a daemon deletes when it starts: jumps to its chains, then these chains."""
        found = self._new.cleared_at_start()
        self._set_up.take(one for one in found if one.signature.object is ObjectKind.RULE)
        for one in found:
            if one.signature.object is ObjectKind.CHAIN:
                self._remove_chain(one)
        if self._new.backend is Backend.NFTABLES:
            for family in IP_FAMILIES:
                self._draft.flush_table((Backend.NFTABLES, family, _TABLE))

    def _remove_chain(self, wanted: Wanted) -> None:
        """Flush a chain, and delete it unless a rule jumps to it."""
        rules = self._draft.rules(wanted.key)
        if rules is None:
            return
        rules.clear()
        jump = f" -j {wanted.key[3]}"
        others = (self._draft.rules(key) or [] for key in self._draft.chains() if key[:3] == wanted.key[:3])
        if not any(rule.text.endswith(jump) for chain in others for rule in chain):
            self._draft.remove_chain(wanted.key)


def _in_order(inventory: Inventory) -> list[Network]:
    """Return the bridge networks as they are set up; the daemon's store has no order, the default one comes last."""
    return sorted((one for one in inventory.networks if one.driver == "bridge"), key=lambda one: (one.default, one.id))


def _started(inventory: Inventory) -> Iterator[Container]:
    return (one for one in sorted(inventory.containers, key=lambda one: one.started_at) if one.running)
