"""Profiles: what decides which signatures apply to a subject, made once for all subjects that are alike."""

from collections.abc import Callable, Mapping

import msgspec

from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.network_view import BindingTraits, NetworkView, binding_facts, have_bridges
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, SubjectKind, Value
from netaudit.model.docker import Inventory

FAMILIES = ("ip", "ip6")
_NO_VALUES: Mapping[str, str] = {}


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What decides which signatures apply, shared by all subjects that are alike; compared by identity.

    `values` fill the holes that are the same for all of these subjects: those that name a network.
    """

    kind: SubjectKind
    family: str
    facts: Mapping[str, Value]
    values: Mapping[str, str]
    certain: bool = True  # whether the object itself surely has rules


class Profiles:
    """The profiles of one inventory; None stands for a profile for which no signature is written."""

    def __init__(self, inventory: Inventory, options: Options, is_wanted: Callable[[Profile], bool]) -> None:
        self._options = options
        self._is_wanted = is_wanted
        self._endpoints: dict[tuple[NetworkView, bool], Profile | None] = {}
        self._bindings: dict[tuple[NetworkView, BindingTraits], Profile | None] = {}
        self._common = {family: {**options.facts, **have_bridges(inventory.networks, family)} for family in FAMILIES}

    def make(
        self,
        kind: SubjectKind,
        family: str,
        facts: Mapping[str, Value] = ASSUMED_FACTS,
        values: Mapping[str, str] = _NO_VALUES,
    ) -> Profile | None:
        """Make a profile."""
        certain = self._options.certain(family) and kind not in (SubjectKind.INGRESS, SubjectKind.OVERLAY)
        profile = Profile(kind, family, {**self._common[family], **facts}, values, certain)
        return profile if self._is_wanted(profile) else None

    def of_endpoint(self, view: NetworkView) -> Profile | None:
        """Return the profile of a network's endpoints."""
        return self._of_endpoint(view, trusted=False)

    def of_trusted_interface(self, view: NetworkView) -> Profile | None:
        """Return the profile of a network's endpoints, each with an interface that the network trusts."""
        return self._of_endpoint(view, trusted=True)

    def _of_endpoint(self, view: NetworkView, *, trusted: bool) -> Profile | None:
        key = (view, trusted)
        if key not in self._endpoints:
            facts = {**view.facts, "trusted": trusted}
            self._endpoints[key] = self.make(SubjectKind.ENDPOINT, view.family, facts, view.values)
        return self._endpoints[key]

    def of_binding(self, view: NetworkView, traits: BindingTraits) -> Profile | None:
        """Return the profile of a network's port bindings with these traits."""
        try:
            return self._bindings[view, traits]
        except KeyError:
            facts = {**view.facts, **binding_facts(traits)}
            values = {**view.values, "protocol": traits[2]}
            profile = self.make(SubjectKind.PORT_BINDING, view.family, facts, values)
            return self._bindings.setdefault((view, traits), profile)
