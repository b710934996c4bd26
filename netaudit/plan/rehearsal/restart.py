"""A daemon stops and another one starts: what it deletes first, and writes then."""

from collections.abc import Iterator

from netaudit.attribute.signatures.placement import Occasion
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import Backend
from netaudit.plan.rehearsal.backend import NFT_TABLE
from netaudit.plan.rehearsal.chains import remove_chains
from netaudit.plan.rules.draft import Draft
from netaudit.plan.rules.fill import Wanted
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.set_up import NEW, SetUp
from netaudit.plan.rules.wanted import Writer

_USER_CHAIN = "DOCKER-USER"  # written with each network, be it `none` or `host`
_SET_UP_AGAIN = frozenset({Occasion.BRIDGE})


class Restart:
    """Restarts a daemon on a draft.

    `old` writes for the one that stops, `new` for the one that starts, and `stored` for the one that starts with the
    networks as they are in its store: so it restores the default bridge, before it deletes it and makes it again.
    """

    def __init__(self, draft: Draft, hand: Hand, set_up: SetUp, old: Writer, stored: Writer, new: Writer) -> None:
        self._draft = draft
        self._hand = hand
        self._set_up = set_up
        self._old = old
        self._stored = stored
        self._new = new

    def stop(self, before: Inventory) -> None:
        """Stop the old daemon: with it stop its containers, unless they are to run on (live-restore)."""
        if before.options.live_restore is not True:
            for container in before.containers:
                self._set_up.take(self._old.of_container(container.id))

    def start(self, before: Inventory, after: Inventory) -> None:
        """Start the new daemon, and the containers that run afterwards."""
        self._clean()
        self._set_up.start()
        self._set_up.put(one for one in self._new.of_daemon() if self._is_written_at_start(one))
        runs_on = before.options.live_restore is True and any(_started(after))
        for network in _in_order(after):
            if network.default and not runs_on:
                self._take_default(before)
                self._set_up.network(network.id, NEW)
            else:
                self._set_up.network(network.id, _SET_UP_AGAIN)
        if not any(one.default for one in after.networks):
            self._take_default(before)
            again = any(one.default for one in before.networks)  # it was restored, before it was deleted
            self._set_up.put(one for one in self._new.of_daemon() if again or _USER_CHAIN in one.text)
        for container in _started(after):
            self._set_up.take(self._new.cleared_with_container(container.id))
            self._set_up.put(self._new.of_container(container.id))

    def _take_default(self, before: Inventory) -> None:
        """Delete the default bridge as it is in the store."""
        for earlier in before.networks:
            if earlier.default:
                self._set_up.take(self._stored.of_network(earlier.id))

    def _is_written_at_start(self, wanted: Wanted) -> bool:
        return wanted.signature.placement(self._new.version).also_with is None

    def _clean(self) -> None:
        """Delete what a daemon deletes when it starts."""
        remove_chains(self._draft, self._hand, self._new.cleared_at_start())
        if self._new.backend is Backend.NFTABLES:
            for family in IP_FAMILIES:
                self._draft.flush_table((Backend.NFTABLES, family, NFT_TABLE))


def _in_order(inventory: Inventory) -> list[Network]:
    """Return the bridge networks as they are set up; the daemon's store has no order, the default one comes last."""
    return sorted((one for one in inventory.networks if one.driver == "bridge"), key=lambda one: (one.default, one.id))


def _started(inventory: Inventory) -> Iterator[Container]:
    return (one for one in sorted(inventory.containers, key=lambda one: one.started_at) if one.running)
