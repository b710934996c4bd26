"""Whether a host forwards packets, and what FORWARD does with them by default."""

from collections.abc import Collection, Mapping
from functools import cached_property

from netaudit.attribute.attribution import AttributedItem
from netaudit.model.facts import IPTABLES_SOURCES
from netaudit.model.forwarding import forwards
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, ObjectKind


class Forwarding:
    """Looks up how a host forwards each address family."""

    def __init__(
        self, sysctls: Mapping[str, str], items: tuple[AttributedItem, ...], unseen: Collection[str] = ()
    ) -> None:
        self._sysctls = sysctls
        self._items = items
        self._unseen = unseen  # sources that say nothing

    def is_on(self, family: str) -> bool | None:
        """Return whether the host forwards packets of a family; None where its switches were not recorded."""
        return forwards(self._sysctls, family)

    def policies(self, family: str) -> tuple[AttributedItem, ...]:
        """Return the policies of the FORWARD chains of a family, one of each backend."""
        return self._policies[family]

    def policy(self, family: str) -> str | None:
        """Return FORWARD's policy: the stricter one of two backends; ACCEPT, the kernel's default, without one.

        None where it may be stricter in what was not seen.
        """
        policies = {one.item.text.split(" ")[1] for one in self.policies(family)}
        if "DROP" in policies:
            return "DROP"
        sources = (IPTABLES_SOURCES[backend, family] for backend in IPTABLES_BACKENDS)
        return None if any(source in self._unseen for source in sources) else "ACCEPT"

    @cached_property
    def _policies(self) -> dict[str, tuple[AttributedItem, ...]]:
        policies = [one for one in self._items if one.item.object is ObjectKind.POLICY]
        return {
            family: tuple(
                one
                for one in policies
                if (one.item.family, one.item.table, one.item.chain) == (family, "filter", "FORWARD")
            )
            for family in IP_FAMILIES
        }
