"""Why a cell of the exposure table changed, in one sentence: what somebody did, else which rule decides now."""

from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from netaudit.attribute.attribution import AttributedExposure
from netaudit.attribute.exposure.became import Became
from netaudit.attribute.exposure.beside import ChangedSets, changed_policy
from netaudit.attribute.exposure.nat_target import NewNatRules
from netaudit.attribute.snapshot import attribute_head
from netaudit.model.address_text import bracketed
from netaudit.model.docker import Container, PortBinding
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Outcome
from netaudit.model.facts import Source, source_of_rules
from netaudit.model.host import Host, Route
from netaudit.model.netfilter.family import Family, family_of
from netaudit.model.netfilter.ruleset import Item, ObjectKind, Ruleset
from netaudit.model.snapshot import Snapshot, are_two_hosts


class Tense(StrEnum):
    """Whether what is described has happened, or would."""

    PAST = "past"
    CONDITIONAL = "conditional"


_CONDITIONAL = {
    "was ": "would be ",
    "is there now": "would be there",
    "is gone": "would be gone",
    "has this policy now": "would have this policy",
    "has another policy now": "would have another policy",
    "decides now": "would decide",
    "takes the packets now": "would take the packets",
    "listens there now": "would listen there",
    "changed": "would change",
}


class _Words(NamedTuple):
    """The words for a rule or policy that one side has alone, or whose chain the other side did not see."""

    rule: str
    policy: str
    not_seen: str


_CAME = _Words("is there now", "has this policy now", "not seen before")
_WENT = _Words("is gone", "has another policy now", "not seen after")


class ExposureCauses:
    """Two snapshots of a host, and what can be said of the change between them."""

    def __init__(self, before: Snapshot, after: Snapshot, tense: Tense = Tense.PAST) -> None:
        self._tense = tense
        self._before, self._after = before, after
        self._became = Became(before.inventory, after.inventory)
        self._sockets_known = not any(gap.source == Source.SOCKETS for side in (before, after) for gap in side.gaps)
        self._rules = (_texts(before.ruleset), _texts(after.ruleset))
        self._sets = ChangedSets(before.ruleset, after.ruleset)
        self._policy = changed_policy(before, after)
        self._new_nat = NewNatRules(before.ruleset, after.ruleset)
        self._are_two_hosts = are_two_hosts(attribute_head(before), attribute_head(after))
        self._switches, self._rerouted = _switches(before, after), _rerouted(before, after)

    def describe_change(self, old: AttributedExposure | None, new: AttributedExposure | None) -> str:
        """Say why; "" where nothing that was seen explains it."""
        shown = new or old
        assert shown  # noqa: S101 (one of them is there)
        if self._are_two_hosts:  # what differs is not what somebody did
            return ""
        return (
            self._of_container(shown, new)
            or self._of_listener(shown)
            or self._of_rule(old, new)
            or self._of_nat(new)
            or self._of_host(shown)
        )

    def _of_container(self, shown: AttributedExposure, after: AttributedExposure | None) -> str:
        """Say what was done to the container; nothing where Docker was not asked on either side."""
        name, binding = shown.exposure.destination.container_name, shown.exposure.destination.binding
        became = self._became.of_container(name)
        if not name or not became:  # such as the sandbox of swarm's routing mesh, which no inventory has
            return ""
        container = self._became.running(name)
        ports = _with(binding, after, container) if binding and container else ""
        return f"`{name}` {self._say('was ')}{became}{ports}"

    def _of_listener(self, shown: AttributedExposure) -> str:
        """Say what came or went that takes packets on the host: a program, or a container that no inventory has."""
        to = shown.exposure.destination
        explained = self._became.is_whole and to.kind is not DestinationKind.HOST_LISTENER
        if explained or not self._sockets_known or shown.exposure.way not in _TAKEN_HERE:
            return ""
        old, new = (_listening(side.host, to) for side in (self._before, self._after))
        if new and not old:
            return f"{', '.join(new)} {self._say('listens there now')}"
        return f"nothing {self._say('listens there now')}" if old and not new else ""

    def _of_rule(self, old: AttributedExposure | None, new: AttributedExposure | None) -> str:
        """Name the rule that decides now and was not there, or that decided and is gone."""
        came = new.exposure.rule if new else None
        if moved := self._of_one_side(new, 0, _CAME):
            return moved
        if moved := self._of_one_side(old, 1, _WENT):
            blocks = came is not None and new is not None and new.exposure.outcome is Outcome.BLOCKED
            return f"{_decider(came)} {self._say('decides now')}: {moved}" if came and blocks else moved
        went = old.exposure.rule if old else None
        beside = self._of_sets(came, went) or self._of_policy()
        if beside:
            return beside
        same = came is not None and went is not None and _key(came) == _key(went)
        if came and new and new.exposure.outcome is not Outcome.BLOCKED and not same:
            return f"{came.where} {self._say('decides now')}"
        return ""

    def _of_one_side(self, one: AttributedExposure | None, other: int, words: _Words) -> str:
        """Name the rule that decides on one side, where the other, 0 the first, does not have it."""
        rule = one.exposure.rule if one else None
        if rule is None or _key(rule) in self._rules[other]:
            return ""
        if _was_not_seen(rule, (self._before, self._after)[other]):
            return f"{rule.where} {self._say('was ')}{words.not_seen}"
        done = words.policy if rule.object is ObjectKind.POLICY else words.rule
        return f"{rule.where} {self._say(done)}{_owner_of(one)}"

    def _of_nat(self, new: AttributedExposure | None) -> str:
        """Name the rule that takes the packets to somewhere else now."""
        taker = self._new_nat.taker(new)
        return f"{taker} {self._say('takes the packets now')}" if taker else ""

    def _of_sets(self, *deciding: Item | None) -> str:
        """Name the set with other members that the rule asks which decides now, or which decided."""
        found = next(filter(None, (self._sets.behind(rule) for rule in deciding if rule)), None)
        return f"set `{found[0]}` {self._say('changed')}, {found[1]}" if found else ""

    def _of_policy(self) -> str:
        """Name the policy rules that came or went."""
        done = ((self._policy[0], "added"), (self._policy[1], "removed"))
        parts = [f"{', '.join(f'`{one}`' for one in rules)} {self._say('was ')}{what}" for rules, what in done if rules]
        return f"policy rule {' and '.join(parts)}" if parts else ""

    def _of_host(self, shown: AttributedExposure) -> str:
        routes = ("the routing table",) if shown.exposure.destination.family in self._rerouted else ()
        changed = (*self._switches, *routes)
        return f"{changed[0]} {self._say('changed')}" if changed else ""

    def _say(self, words: str) -> str:
        return words if self._tense is Tense.PAST else _CONDITIONAL[words]


_TAKEN_HERE = frozenset({Delivery.PROXY, Delivery.ROOTLESS, Delivery.LOCAL})


def _listening(host: Host, to: Destination) -> tuple[str, ...]:
    """Name the programs that take packets to a port of the host."""
    port = to.ports[0][0] if to.ports else 0
    there = (one for one in host.listeners if (one.protocol, one.port) == (to.protocol, port))
    families = (one for one in there if one.address == "*" or family_of(one.address) == to.family)
    named = (tuple(f"`{name}`" for name in one.programs) or ("a program",) for one in families)
    return tuple(dict.fromkeys(name for names in named for name in names))


def publishing(binding: PortBinding) -> str:
    """Write a binding as `docker run` takes it: `-p 8080:80`."""
    address = ip_address(binding.host_ip) if binding.host_ip else None
    where = "" if address is None or address.is_unspecified else f"{bracketed(binding.host_ip)}:"
    protocol = "" if binding.protocol == "tcp" else f"/{binding.protocol}"
    return f"-p {where}{binding.host_port}:{binding.container_port}{protocol}"


def _with(binding: PortBinding, new: AttributedExposure | None, container: Container) -> str:
    """Say with which port it was started; or without which, and with which in its place, where the port is gone."""
    if new is not None:
        return f" with {publishing(binding)}"
    port = (binding.protocol, binding.container_port)
    others = [publishing(one) for one in container.bindings if (one.protocol, one.container_port) == port]
    instead = f" and with {' '.join(dict.fromkeys(others))}" if others else ""
    return f" without {publishing(binding)}{instead}"


def _owner_of(one: AttributedExposure | None) -> str:
    causes = ", ".join(str(cause) for cause in one.attribution.beneficiaries) if one else ""
    return f", for {causes}" if causes else ""


def _decider(rule: Item) -> str:
    return f"the policy of {rule.where}" if rule.object is ObjectKind.POLICY else rule.where


def _key(item: Item) -> tuple[object, ...]:
    return (item.backend, item.family, item.table, item.chain, item.text)


def _was_not_seen(item: Item, side: Snapshot) -> bool:
    """Tell a chain that a snapshot lacks because not all of its source was seen."""
    source = source_of_rules(item.backend, item.family)
    if not any(gap.source == source for gap in side.gaps):
        return False
    table = next((one for one in side.ruleset.tables if one.key == (item.backend, item.family, item.table)), None)
    return table is None or all(chain.name != item.chain for chain in table.chains)


def _texts(ruleset: Ruleset) -> frozenset[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for table in ruleset.tables:
        for chain in table.chains:
            found.update((*table.key, chain.name, rule.text) for rule in chain.rules)
            if chain.policy:
                texts = (f":{chain.name} {chain.policy}", f"policy {chain.policy}")
                found.update((*table.key, chain.name, text) for text in texts)
    return frozenset(found)


def _switches(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """Name the sysctls and the engine that differ."""
    old, new = dict(before.host.sysctls), dict(after.host.sysctls)
    changed = [name for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    versions = [one.inventory.version if one.inventory else "" for one in (before, after)]
    if all(versions) and versions[0] != versions[1]:
        changed.append(f"the engine's version, {versions[0]} to {versions[1]},")
    return tuple(changed)


def _rerouted(before: Snapshot, after: Snapshot) -> frozenset[str]:
    """Return the families whose routes differ, as far as both sides have them; each veth pair has some of its own."""
    unread = {gap.source for one in (before, after) for gap in one.gaps}
    return frozenset(
        family
        for family, source in ((Family.IP, Source.IP_ROUTE), (Family.IP6, Source.IP6_ROUTE))
        if source not in unread and _routes(before.host, family) != _routes(after.host, family)
    )


def _routes(host: Host, family: Family) -> frozenset[Route]:
    mine = (one for one in host.routes if one.family == family)
    return frozenset(one for one in mine if not (one.network.is_link_local or one.network.is_multicast))
